//! Letters as paths.

use std::fmt::Write as _;

use ttf_parser::{Face, OutlineBuilder};

/// The embedded typeface.
pub(super) struct Lettering {
    face: Face<'static>,
}

impl Lettering {
    /// The typeface, read.
    pub(super) fn new() -> Self {
        let face = Face::parse(epaint_default_fonts::UBUNTU_LIGHT, 0)
            .expect("the typeface is part of the program, and a test draws with it");
        Self { face }
    }

    /// Whether it knows every letter.
    pub(super) fn knows(&self, text: &str) -> bool {
        text.chars().all(|c| self.face.glyph_index(c).is_some())
    }

    /// How wide a text is at a size, in pixels.
    pub(super) fn width(&self, text: &str, size: f32) -> f32 {
        text.chars().map(|c| self.advance(c, size)).sum()
    }

    /// The text as the data of an SVG path, its baseline beginning at a point.
    pub(super) fn path(&self, text: &str, size: f32, (x, y): (f32, f32)) -> String {
        let mut pen = Pen { data: String::new(), x, y, scale: self.scale(size) };
        for c in text.chars() {
            if let Some(glyph) = self.face.glyph_index(c) {
                // A space has no outline.
                let _bounds = self.face.outline_glyph(glyph, &mut pen);
            }
            pen.x += self.advance(c, size);
        }
        pen.data
    }

    fn advance(&self, c: char, size: f32) -> f32 {
        let glyph = self.face.glyph_index(c);
        let units = glyph.and_then(|glyph| self.face.glyph_hor_advance(glyph)).unwrap_or_default();
        f32::from(units) * self.scale(size)
    }

    fn scale(&self, size: f32) -> f32 {
        size / f32::from(self.face.units_per_em())
    }
}

/// Writes outlines: glyphs count upwards, pictures downwards.
struct Pen {
    data: String,
    x: f32,
    y: f32,
    scale: f32,
}

impl Pen {
    fn draw(&mut self, command: char, points: &[(f32, f32)]) {
        self.data.push(command);
        for (x, y) in points {
            let (x, y) = (self.x + x * self.scale, self.y - y * self.scale);
            write!(self.data, "{x:.2} {y:.2} ").expect("a string takes all that is written");
        }
    }
}

impl OutlineBuilder for Pen {
    fn move_to(&mut self, x: f32, y: f32) {
        self.draw('M', &[(x, y)]);
    }

    fn line_to(&mut self, x: f32, y: f32) {
        self.draw('L', &[(x, y)]);
    }

    fn quad_to(&mut self, x1: f32, y1: f32, x: f32, y: f32) {
        self.draw('Q', &[(x1, y1), (x, y)]);
    }

    fn curve_to(&mut self, x1: f32, y1: f32, x2: f32, y2: f32, x: f32, y: f32) {
        self.draw('C', &[(x1, y1), (x2, y2), (x, y)]);
    }

    fn close(&mut self) {
        self.data.push('Z');
    }
}
