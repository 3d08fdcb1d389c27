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

/// Bars that stand side by side: left, right, height.
pub fn bars(bars: &[(f64, f64, f64)]) -> String {
    let mut places = Vec::new();
    for (left, right, height) in bars {
        if *height > 0.0 {
            places.extend([Some((*left, *height)), Some((*right, *height)), None]);
        }
    }
    area(&places)
}

/// The outline of such bars, from left to right.
pub fn steps(bars: &[(f64, f64, f64)]) -> String {
    let places: Vec<_> =
        bars.iter().flat_map(|(left, right, height)| [Some((*left, *height)), Some((*right, *height))]).collect();
    line(&places)
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
        let shape = [(0.0, 0.5, 0.5), (0.5, 1.0, 0.0)];
        assert_eq!(bars(&shape), "M0 800v-400h800v400z");
        assert_eq!(steps(&shape), "M0 400h800v400h800");
    }
}
