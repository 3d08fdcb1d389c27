//! SVG path data, short: whole numbers in a box of [`WIDTH`] by [`HEIGHT`], each step relative to the one before.

use std::fmt::Write;

/// The box's width; a chart is rarely wider in pixels.
pub const WIDTH: f64 = 1_600.0;
/// The box's height.
pub const HEIGHT: f64 = 800.0;

/// A place in a chart, from 0 (left, bottom) to 1 (right, top); `None` breaks the line.
pub type Place = Option<(f64, f64)>;

/// A line through the places. One alone becomes a dot (a line of no length with round ends).
pub fn line(places: &[Place]) -> String {
    let mut path = Path::default();
    for run in places.split(Option::is_none) {
        let Some((Some(first), rest)) = run.split_first() else { continue };
        path.move_to(*first);
        if rest.is_empty() {
            path.text.push_str("h0");
        }
        rest.iter().flatten().for_each(|place| path.line_to(*place));
    }
    path.text
}

/// The area between the places and the x axis.
pub fn area(places: &[Place]) -> String {
    let mut path = Path::default();
    for run in places.split(Option::is_none) {
        let (Some(Some(first)), Some(Some(last))) = (run.first(), run.last()) else { continue };
        path.move_to((first.0, 0.0));
        run.iter().flatten().for_each(|place| path.line_to(*place));
        path.line_to((last.0, 0.0));
        path.text.push('z');
        // After `z` the pen is back at the start of the area.
        path.pen = pixel((first.0, 0.0));
    }
    path.text
}

/// A bar that stands on the x axis; all are places from 0 to 1.
#[derive(Clone, Copy, Debug)]
pub struct Bar {
    pub left: f64,
    pub right: f64,
    pub height: f64,
}

/// Bars beside each other, in order.
pub fn bars(bars: &[Bar]) -> String {
    let standing = bars.iter().filter(|bar| bar.height > 0.0);
    let places: Vec<_> =
        standing.flat_map(|bar| [Some((bar.left, bar.height)), Some((bar.right, bar.height)), None]).collect();
    area(&places)
}

/// The outline of such bars, from left to right.
pub fn steps(bars: &[Bar]) -> String {
    let corners = bars.iter().flat_map(|bar| [(bar.left, bar.height), (bar.right, bar.height)]);
    line(&corners.map(Some).collect::<Vec<_>>())
}

#[derive(Default)]
struct Path {
    text: String,
    pen: (i32, i32),
}

impl Path {
    fn move_to(&mut self, place: (f64, f64)) {
        self.pen = pixel(place);
        write!(self.text, "M{} {}", self.pen.0, self.pen.1).expect("a String takes all text");
    }

    fn line_to(&mut self, place: (f64, f64)) {
        let to = pixel(place);
        let (right, down) = (to.0 - self.pen.0, to.1 - self.pen.1);
        self.pen = to;
        match (right, down) {
            (0, 0) => Ok(()),
            (_, 0) => write!(self.text, "h{right}"),
            (0, _) => write!(self.text, "v{down}"),
            (_, ..0) => write!(self.text, "l{right}{down}"),
            _ => write!(self.text, "l{right} {down}"),
        }
        .expect("a String takes all text");
    }
}

#[expect(clippy::cast_possible_truncation, reason = "places are 0 to 1, and the box is small")]
fn pixel((x, y): (f64, f64)) -> (i32, i32) {
    ((x * WIDTH).round() as i32, ((1.0 - y) * HEIGHT).round() as i32)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_gap_breaks_the_line_and_one_place_is_a_dot() {
        let places = [Some((0.0, 0.0)), Some((0.5, 1.0)), Some((0.75, 1.0)), None, Some((1.0, 0.5)), None];
        assert_eq!(line(&places), "M0 800l800-800h400M1600 400h0");
        assert_eq!(area(&places[..4]), "M0 800l800-800h400v800z");
        assert_eq!(line(&[]), "");
    }

    #[test]
    fn bars_stand_on_the_axis() {
        let shape = [Bar { left: 0.0, right: 0.5, height: 0.5 }, Bar { left: 0.5, right: 1.0, height: 0.0 }];
        assert_eq!(bars(&shape), "M0 800v-400h800v400z");
        assert_eq!(steps(&shape), "M0 400h800v400h800");
    }
}
