//! Ingestion: a topic, feed, URL or document becomes a brief.
