//! Renders a graph as an SVG picture: XML without scripts, fonts or other external resources, in colours for light and
//! dark pages.

use std::collections::BTreeMap;

use super::labels::{drawn, whole};
use super::layered::{Class, Item, Link, Placed, Point, place};
use super::{EdgeKind, Graph, GraphNode, GraphNodeKind, NodeIndex, Progress, Role, START};
use crate::event::Status;

/// The margin of the picture.
const MARGIN: i64 = 24;
/// The height of a line of text.
const LINE: i64 = 16;
/// Above and below the text of a box, and at its sides.
const PADDING: i64 = 10;
/// The padding around the steps inside a loop.
const INSIDE: i64 = 16;
/// The radius of a line's corner.
const CORNER: i64 = 6;
/// The width of a character in tenths of a pixel: names are bold and larger. Monospaced fonts agree on 0.6 em; a little
/// more, for viewers without one.
const NAME_CHAR: i64 = 86;
const TEXT_CHAR: i64 = 67;

/// Colours are set for both kinds of pages; a viewer without media queries shows the light one.
const STYLE: &str = "\
text{font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,'DejaVu Sans Mono',monospace;font-size:11px;fill:#57606a}
.name{font-size:13px;font-weight:bold;fill:#1f2328}
.page{fill:#ffffff}
.box{fill:#f6f8fa;stroke:#57606a;stroke-width:1.2}
.loop{fill:none;stroke:#57606a;stroke-width:1.2}
.line{fill:none;stroke:#57606a;stroke-width:1.4}
.head{fill:#57606a}
.behind{fill:#ffffff}
.Failure.line,.Cancel.line,.Back.line{stroke-dasharray:5 3}
.Failure.line{stroke:#cf222e}.Failure.head,text.Failure{fill:#cf222e}
.Cancel.line{stroke:#9a6700}.Cancel.head,text.Cancel{fill:#9a6700}
.taken.line{stroke-width:3}
.Success .box,.Success .loop{stroke:#1a7f37;stroke-width:2}.Success .box{fill:#dafbe1}.Success .state{fill:#1a7f37}
.Failed .box,.Failed .loop{stroke:#cf222e;stroke-width:2}.Failed .box{fill:#ffebe9}.Failed .state{fill:#cf222e}
.TimedOut .box,.TimedOut .loop{stroke:#bc4c00;stroke-width:2}.TimedOut .box{fill:#fff1e5}.TimedOut .state{fill:#bc4c00}
.Cancelled .box,.Cancelled .loop{stroke:#6e7781;stroke-width:2}.Cancelled .box{fill:#eaeef2}
.InProgress .box,.InProgress .loop{stroke:#0969da;stroke-width:2}.InProgress .box{fill:#ddf4ff}.InProgress .state{fill:#0969da}
.faint{opacity:.5}.faint .box,.faint .loop{stroke-dasharray:4 3}
@media (prefers-color-scheme:dark){
text{fill:#9198a1}.name{fill:#f0f6fc}.page,.behind{fill:#0d1117}
.box{fill:#161b22;stroke:#9198a1}.loop,.line{stroke:#9198a1}.head{fill:#9198a1}
.Failure.line{stroke:#f85149}.Failure.head,text.Failure{fill:#f85149}
.Cancel.line{stroke:#d29922}.Cancel.head,text.Cancel{fill:#d29922}
.Success .box,.Success .loop{stroke:#3fb950}.Success .box{fill:#12261e}.Success .state{fill:#3fb950}
.Failed .box,.Failed .loop{stroke:#f85149}.Failed .box{fill:#2d1214}.Failed .state{fill:#f85149}
.TimedOut .box,.TimedOut .loop{stroke:#f0883e}.TimedOut .box{fill:#2b1a0b}.TimedOut .state{fill:#f0883e}
.Cancelled .box,.Cancelled .loop{stroke:#9198a1}.Cancelled .box{fill:#21262d}
.InProgress .box,.InProgress .loop{stroke:#58a6ff}.InProgress .box{fill:#0c2d4d}.InProgress .state{fill:#58a6ff}
}
";

/// Renders the graph as an SVG picture.
pub fn svg(graph: &Graph) -> String {
    let outer = Scope::new(graph, None);
    let mut title = drawn(&graph.name);
    if let Some(state) = &graph.state {
        title = format!("{title}: {state}");
    }
    let width = outer.placed.width.max(text_width(&title, NAME_CHAR)) + 2 * MARGIN;
    let top = MARGIN + 2 * LINE;
    let height = top + outer.placed.height + MARGIN;
    let mut text = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" viewBox=\"0 0 {width} {height}\" \
         role=\"img\">\n<title>{}</title>\n<style>\n{STYLE}</style>\n\
         <rect class=\"page\" width=\"{width}\" height=\"{height}\"/>\n<text class=\"name\" x=\"{MARGIN}\" y=\"{}\">{}</text>\n",
        escaped(&title),
        MARGIN + LINE,
        escaped(&title)
    );
    outer.draw(graph, Point { x: (width - outer.placed.width) / 2, y: top }, &mut text);
    text.push_str("</svg>\n");
    text
}

/// The nodes outside all loops, or inside one; each loop is a box with a scope of its own.
struct Scope {
    members: Vec<Member>,
    ways: Vec<Drawn>,
    placed: Placed,
}

/// A box of a scope.
struct Member {
    size: (i64, i64),
    content: Content,
}

enum Content {
    /// The point where the iterations of a loop begin.
    Entry,
    Node(NodeIndex),
    Loop(NodeIndex, Box<Scope>),
}

/// A line of a scope: all edges of one class between two boxes; edges with a label have a line of their own.
#[derive(Debug)]
struct Drawn {
    from: usize,
    to: usize,
    class: Class,
    /// The label of each edge.
    labels: Vec<String>,
    is_taken: bool,
    is_faint: bool,
}

impl Scope {
    fn new(graph: &Graph, parent: Option<NodeIndex>) -> Self {
        // The box of the scope that contains a node.
        let mut places: BTreeMap<NodeIndex, usize> = BTreeMap::new();
        let mut members = Vec::new();
        if let Some(parent) = parent {
            places.insert(parent, 0);
            members.push(Member { size: (10, 10), content: Content::Entry });
        }
        for (at, node) in graph.inside(parent) {
            places.insert(at, members.len());
            let has_steps = graph.nodes.get(at + 1).is_some_and(|next| next.inside == Some(at));
            let inner = has_steps.then(|| Box::new(Self::new(graph, Some(at))));
            members.push(Member::new(at, node, inner));
        }
        let ways = ways(graph, parent, &places);
        let items: Vec<Item> = members.iter().map(|member| member.item(graph)).collect();
        let links: Vec<Link> = ways
            .iter()
            .map(|way| Link {
                from: way.from,
                to: way.to,
                class: way.class,
                label: text_width(&way.label(), TEXT_CHAR),
            })
            .collect();
        let placed = place(&items, &links);
        Self { members, ways, placed }
    }

    fn draw(&self, graph: &Graph, origin: Point, text: &mut String) {
        let at = |point: &Point| Point { x: origin.x + point.x, y: origin.y + point.y };
        let lines: Vec<(&Drawn, Vec<Point>, Point)> = self
            .ways
            .iter()
            .zip(&self.placed.lines)
            .map(|(way, (corners, label))| (way, corners.iter().map(at).collect(), at(label)))
            .collect();
        // Edges that were taken are drawn over the others, and labels over both.
        for taken in [false, true] {
            for (way, corners, _) in lines.iter().filter(|(way, ..)| way.is_taken == taken) {
                text.push_str(&line(way, corners));
            }
        }
        for (way, _, label) in &lines {
            text.push_str(&label_of(way, *label));
        }
        for (member, corner) in self.members.iter().zip(&self.placed.boxes) {
            member.draw(graph, at(corner), text);
        }
    }
}

/// The lines of a scope. In the outer scope, an edge from inside a loop to the outside begins at the loop.
fn ways(graph: &Graph, parent: Option<NodeIndex>, places: &BTreeMap<NodeIndex, usize>) -> Vec<Drawn> {
    let inside = |at: NodeIndex| graph.nodes.get(at).and_then(|node| node.inside);
    let mut drawn: Vec<Drawn> = Vec::new();
    let mut known: BTreeMap<(usize, usize, Class, bool), usize> = BTreeMap::new();
    for edge in &graph.edges {
        let (from_scope, to_scope) = (inside(edge.from), inside(edge.to));
        let is_inner = from_scope.is_some() && (to_scope == from_scope || from_scope == Some(edge.to));
        let scope = match edge.kind {
            EdgeKind::Enter => Some(edge.from),
            _ if is_inner => from_scope,
            _ => None,
        };
        if scope != parent {
            continue;
        }
        let leaves_loop = if scope.is_none() { from_scope } else { None };
        let (Some(from), Some(to)) = (places.get(&leaves_loop.unwrap_or(edge.from)), places.get(&edge.to)) else {
            continue;
        };
        let class = match edge.kind {
            EdgeKind::Failure => Class::Failure,
            EdgeKind::Cancel => Class::Cancel,
            _ if parent.is_some() && *to == 0 => Class::Back,
            EdgeKind::Success | EdgeKind::Choice(_) | EdgeKind::Default | EdgeKind::Enter | EdgeKind::Repeat => {
                Class::Ordinary
            }
        };
        let inner_name = leaves_loop.and_then(|_| match &graph.nodes.get(edge.from)?.kind {
            GraphNodeKind::Step(step) => Some(step.name.as_str()),
            GraphNodeKind::Start | GraphNodeKind::End => None,
        });
        let label = match (inner_name, edge.kind.label()) {
            (Some(name), Some(label)) => Some(format!("{name}: {label}")),
            (Some(name), None) => Some(name.to_owned()),
            (None, label) => label.map(str::to_owned),
        };
        let at = *known.entry((*from, *to, class, label.is_some())).or_insert_with(|| {
            drawn.push(Drawn { from: *from, to: *to, class, labels: Vec::new(), is_taken: false, is_faint: true });
            drawn.len() - 1
        });
        if let Some(way) = drawn.get_mut(at) {
            way.labels.extend(label);
            way.is_taken |= edge.is_taken;
            way.is_faint &= graph.is_faint(edge);
        }
    }
    drawn
}

impl Drawn {
    fn label(&self) -> String {
        drawn(&self.labels.join(" or "))
    }
}

impl Member {
    fn new(at: NodeIndex, node: &GraphNode, inner: Option<Box<Scope>>) -> Self {
        let lines = lines_of(node);
        let width =
            lines.iter().enumerate().map(|(nth, line)| text_width(line, if nth == 0 { NAME_CHAR } else { TEXT_CHAR }));
        let width = width.max().unwrap_or(0) + 2 * PADDING + if is_branch(node) { 2 * PADDING } else { 0 };
        let lines = i64::try_from(lines.len()).unwrap_or(i64::MAX / LINE / 2);
        let height = lines * LINE + 2 * PADDING - 4;
        match (&node.kind, inner) {
            (GraphNodeKind::Step(_), Some(inner)) => Self {
                size: (width.max(inner.placed.width + 2 * INSIDE), height + inner.placed.height + INSIDE),
                content: Content::Loop(at, inner),
            },
            (GraphNodeKind::Step(_), None) => Self { size: (width.max(96), height), content: Content::Node(at) },
            (GraphNodeKind::Start | GraphNodeKind::End, _) => Self { size: (72, 28), content: Content::Node(at) },
        }
    }

    fn item(&self, graph: &Graph) -> Item {
        let node = match self.content {
            Content::Entry => None,
            Content::Node(at) | Content::Loop(at, _) => graph.nodes.get(at),
        };
        Item {
            width: self.size.0,
            height: self.size.1,
            is_last: node.is_some_and(|node| node.kind == GraphNodeKind::End),
            is_reachable: node.is_none_or(|node| node.is_reachable),
        }
    }

    fn draw(&self, graph: &Graph, corner: Point, text: &mut String) {
        let (width, height) = self.size;
        let (x, y) = (corner.x, corner.y);
        let (at, inner) = match &self.content {
            Content::Entry => {
                text.push_str(&format!("<circle class=\"head\" cx=\"{}\" cy=\"{}\" r=\"5\"/>\n", x + 5, y + 5));
                return;
            }
            Content::Node(at) => (*at, None),
            Content::Loop(at, inner) => (*at, Some(inner)),
        };
        let Some(node) = graph.nodes.get(at) else { return };
        text.push_str(&format!("<g class=\"{}\">\n", state_class(node)));
        text.push_str(&tooltip(node));
        match (&node.kind, inner) {
            (GraphNodeKind::Start | GraphNodeKind::End, _) => {
                let word = if at == START { "start" } else { "end" };
                text.push_str(&format!(
                    "<rect class=\"box\" x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{height}\" rx=\"14\"/>\n\
                     <text x=\"{}\" y=\"{}\" text-anchor=\"middle\">{word}</text>\n</g>\n",
                    x + width / 2,
                    y + 18
                ));
                return;
            }
            (GraphNodeKind::Step(_), Some(_)) => text.push_str(&format!(
                "<rect class=\"loop\" x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{height}\" rx=\"10\"/>\n"
            )),
            (GraphNodeKind::Step(_), None) if is_branch(node) => {
                let (right, bottom, middle) = (x + width, y + height, y + height / 2);
                text.push_str(&format!(
                    "<path class=\"box\" d=\"M{x} {middle}L{} {y}H{}L{right} {middle}L{} {bottom}H{}Z\"/>\n",
                    x + 12,
                    right - 12,
                    right - 12,
                    x + 12
                ));
            }
            (GraphNodeKind::Step(_), None) => text.push_str(&format!(
                "<rect class=\"box\" x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{height}\" rx=\"6\"/>\n"
            )),
        }
        let left = x + PADDING + if is_branch(node) { PADDING } else { 0 };
        let has_state = node.progress_text().is_some();
        let lines = lines_of(node);
        let count = lines.len();
        let mut base = y + PADDING - 4;
        for (nth, line) in lines.iter().enumerate() {
            base += LINE;
            let class = match nth {
                0 => " class=\"name\"",
                _ if has_state && nth + 1 == count => " class=\"state\"",
                _ => "",
            };
            text.push_str(&format!("<text{class} x=\"{left}\" y=\"{}\">{}</text>\n", base - 2, escaped(line)));
        }
        text.push_str("</g>\n");
        if let Some(inner) = inner {
            let origin = Point { x: x + (width - inner.placed.width) / 2, y: base + PADDING };
            inner.draw(graph, origin, text);
        }
    }
}

fn line(way: &Drawn, corners: &[Point]) -> String {
    let (Some(first), Some(last)) = (corners.first(), corners.last()) else { return String::new() };
    let mut path = format!("M{} {}", first.x, first.y);
    for corner in corners.windows(3) {
        let [before, here, after] = corner else { continue };
        let (start, end) = (towards(*here, *before), towards(*here, *after));
        path.push_str(&format!("L{} {}Q{} {} {} {}", start.x, start.y, here.x, here.y, end.x, end.y));
    }
    // The line ends inside its arrowhead: a thick one would show at the tip.
    path.push_str(&format!("L{} {}", last.x, last.y - 6));
    let class = class_of(way);
    format!(
        "<path class=\"line {class}\" d=\"{path}\"/>\n<path class=\"head {class}\" d=\"M{} {}l-5 -9h10z\"/>\n",
        last.x, last.y
    )
}

/// A point near a corner, toward the next one.
fn towards(corner: Point, next: Point) -> Point {
    let step = |from: i64, to: i64| {
        from + (to - from).clamp(-CORNER, CORNER).clamp(-(to - from).abs() / 2, (to - from).abs() / 2)
    };
    Point { x: step(corner.x, next.x), y: step(corner.y, next.y) }
}

fn label_of(way: &Drawn, at: Point) -> String {
    let label = way.label();
    if label.is_empty() {
        return String::new();
    }
    let whole = whole(&way.labels.join(" or "));
    let title = if whole == label { String::new() } else { format!("<title>{}</title>", escaped(&whole)) };
    format!(
        "<g class=\"{}\">{title}<rect class=\"behind\" x=\"{}\" y=\"{}\" width=\"{}\" height=\"12\"/>\
         <text class=\"{:?}\" x=\"{}\" y=\"{}\">{}</text></g>\n",
        if way.is_faint { "faint" } else { "way" },
        at.x - 1,
        at.y - 9,
        text_width(&label, TEXT_CHAR) + 2,
        way.class,
        at.x,
        at.y,
        escaped(&label)
    )
}

fn class_of(way: &Drawn) -> String {
    let state = match (way.is_taken, way.is_faint) {
        (true, _) => " taken",
        (false, true) => " faint",
        (false, false) => "",
    };
    format!("{:?}{state}", way.class)
}

fn state_class(node: &GraphNode) -> &'static str {
    if node.is_faint() {
        return "faint";
    }
    match &node.progress {
        Progress::None | Progress::NotReached => "step",
        Progress::Reached { status, .. } => match status {
            Status::Success => "Success",
            Status::Failed => "Failed",
            Status::TimedOut => "TimedOut",
            Status::Cancelled | Status::Cancelling => "Cancelled",
            Status::InProgress | Status::Waiting => "InProgress",
            Status::Pending => "faint",
        },
    }
}

/// The tooltip of a step: what its box does not show, or not in full.
fn tooltip(node: &GraphNode) -> String {
    let GraphNodeKind::Step(step) = &node.kind else { return String::new() };
    let mut texts: Vec<String> = step.description.iter().map(|text| whole(text)).collect();
    if let Role::Loop(repeats) = &step.role {
        texts.push(whole(repeats));
    }
    if texts.is_empty() { String::new() } else { format!("<title>{}</title>\n", escaped(&texts.join("\n"))) }
}

fn lines_of(node: &GraphNode) -> Vec<String> {
    let GraphNodeKind::Step(step) = &node.kind else { return Vec::new() };
    let mut lines = vec![drawn(step.name.as_str())];
    lines.extend(step.lines().iter().map(|line| drawn(line)));
    lines.extend(node.progress_text().map(|text| drawn(&text)));
    lines
}

fn is_branch(node: &GraphNode) -> bool {
    matches!(&node.kind, GraphNodeKind::Step(step) if step.role == Role::Branch)
}

/// The width of a text in pixels. East Asian characters and emoji are twice as wide.
fn text_width(text: &str, char_tenths: i64) -> i64 {
    let cells: i64 =
        text.chars().map(|c| if c < '\u{1100}' || ('\u{2000}'..'\u{2E80}').contains(&c) { 1 } else { 2 }).sum();
    (cells * char_tenths + 9) / 10
}

/// Escapes a text for XML.
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
