//! Ideation: a brief becomes ranked angles, titles and an outline.
