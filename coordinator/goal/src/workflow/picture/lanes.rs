//! The lanes of a picture: which step's result runs down where.

/// What is drawn for one step.
#[derive(Debug)]
pub(super) struct Row {
    /// The line above, where lanes part or meet; none where the way is straight.
    pub(super) joint: Option<String>,
    /// The lanes beside the step, and the step's own as a blank.
    beside: Vec<char>,
    lane: usize,
    /// The lanes below the step.
    pub(super) below: String,
}

impl Row {
    /// The line of the step itself.
    pub(super) fn node(&self, mark: char) -> String {
        let mut cells = self.beside.clone();
        if let Some(cell) = cells.get_mut(self.lane) {
            *cell = mark;
        }
        spaced(&cells)
    }

    /// How many characters the drawing takes.
    pub(super) fn width(&self) -> usize {
        (self.beside.len() * 2).saturating_sub(1)
    }
}

/// The lanes as steps are placed, from top to bottom.
#[derive(Debug)]
pub(super) struct Lanes<'n> {
    needs: &'n [Vec<usize>],
    /// The step whose result each lane carries, and how many steps still wait for it.
    lanes: Vec<Option<(usize, usize)>>,
}

impl<'n> Lanes<'n> {
    /// Without a step placed. A step stands after those that it needs.
    pub(super) fn new(needs: &'n [Vec<usize>]) -> Self {
        Self { needs, lanes: Vec::new() }
    }

    /// Places the next step.
    pub(super) fn place(&mut self, step: usize) -> Row {
        let needs = self.needs.get(step).map_or(&[][..], Vec::as_slice);
        let from: Vec<usize> = (0..self.lanes.len())
            .filter(|&lane| self.carries(lane).is_some_and(|carried| needs.contains(&carried)))
            .collect();
        let ending: Vec<usize> =
            from.iter().filter(|&&lane| self.last_for(lane)).copied().collect();
        let lane = ending.first().copied().unwrap_or_else(|| self.free());
        let joint = self.joint(lane, &from, &ending);
        self.advance(&from);
        let beside = self.cells();
        let waiting = self.needs.iter().filter(|needs| needs.contains(&step)).count();
        if let Some(slot) = self.lanes.get_mut(lane) {
            *slot = (waiting > 0).then_some((step, waiting));
        }
        Row { joint, beside, lane, below: spaced(&self.cells()) }
    }

    fn carries(&self, lane: usize) -> Option<usize> {
        self.lanes.get(lane).copied().flatten().map(|(step, _)| step)
    }

    /// Whether one step alone still waits for what a lane carries.
    fn last_for(&self, lane: usize) -> bool {
        self.lanes.get(lane).copied().flatten().is_some_and(|(_, waiting)| waiting == 1)
    }

    /// A lane that carries nothing.
    fn free(&mut self) -> usize {
        match self.lanes.iter().position(Option::is_none) {
            Some(lane) => lane,
            None => {
                self.lanes.push(None);
                self.lanes.len() - 1
            }
        }
    }

    fn advance(&mut self, from: &[usize]) {
        for &lane in from {
            if let Some(slot) = self.lanes.get_mut(lane) {
                *slot = slot.and_then(|(step, waiting)| (waiting > 1).then(|| (step, waiting - 1)));
            }
        }
    }

    fn cells(&self) -> Vec<char> {
        self.lanes.iter().map(|lane| if lane.is_some() { '│' } else { ' ' }).collect()
    }

    /// The line where the lanes of what a step needs come together in its own.
    fn joint(&self, lane: usize, from: &[usize], ending: &[usize]) -> Option<String> {
        let (Some(&first), Some(&last)) = (from.first(), from.last()) else { return None };
        let (left, right) = (first.min(lane), last.max(lane));
        if left == right {
            return None;
        }
        let mut text = String::new();
        for at in 0..self.lanes.len() {
            let cell = Cell {
                up: self.carries(at).is_some(),
                down: at == lane || (self.carries(at).is_some() && !ending.contains(&at)),
                left: at > left && at <= right,
                right: at >= left && at < right,
                joined: at == lane || from.contains(&at),
            };
            text.push(cell.drawn());
            text.push(if cell.right { '─' } else { ' ' });
        }
        Some(text.trim_end().to_owned())
    }
}

/// Which ways lead out of a cell.
#[expect(clippy::struct_excessive_bools, reason = "a way leads in each of four directions, or not")]
struct Cell {
    up: bool,
    down: bool,
    left: bool,
    right: bool,
    /// Whether the line across belongs to this lane, or only passes it.
    joined: bool,
}

impl Cell {
    fn drawn(&self) -> char {
        if !self.joined {
            return match (self.up, self.left && self.right) {
                (true, true) => '┼',
                (true, false) => '│',
                (false, true) => '─',
                (false, false) => ' ',
            };
        }
        match (self.up, self.down, self.left, self.right) {
            (true, true, true, true) => '┼',
            (true, true, true, false) => '┤',
            (true, true, false, true) => '├',
            (true, false, true, true) => '┴',
            (true, false, true, false) => '╯',
            (true, false, false, true) => '╰',
            (false, true, true, true) => '┬',
            (false, true, true, false) => '╮',
            (false, true, false, true) => '╭',
            (true | false, true | false, false, false) => '│',
            (false, false, _, _) => '─',
        }
    }
}

fn spaced(cells: &[char]) -> String {
    let mut text = String::new();
    for cell in cells {
        text.push(*cell);
        text.push(' ');
    }
    text.trim_end().to_owned()
}
