//! The help pages, in the language in force and wrapped by the cells its letters take.

use unicode_segmentation::UnicodeSegmentation;

use crate::command::{COMMANDS, Cli, Command, GLOBAL, LOCATORS, OPENING, Param, ParamKind};
use crate::text::{safe, tr};

/// Widest a page gets, in cells.
const WIDEST: usize = 100;
/// Column in which explanations begin.
const COLUMN: usize = 28;

/// The lines of usage of the program itself.
pub fn program_usage() -> Vec<String> {
    let options = tr("cli-options");
    vec![format!("mekiki [{options}] [{}…]", LOCATORS.placeholder()), format!("mekiki COMMAND [{options}] …")]
}

/// The line of usage of a command.
pub fn command_usage(command: &Command, cli: &Cli) -> String {
    let mut line = format!("mekiki {} [{}]", command.words().join(" "), tr("cli-options"));
    for param in cli.params.iter().filter(|p| p.positional) {
        let word = match param.kind {
            ParamKind::Choice(_) => param.name.to_uppercase(),
            _ => param.placeholder(),
        };
        line.push_str(&if param.required { format!(" {word}") } else { format!(" [{word}]") });
    }
    line
}

/// The help page of the program.
pub fn program(width: usize) -> String {
    let mut page = Page::new(width);
    page.paragraph(&tr("cli-about"));
    page.usage(&program_usage());
    page.heading("cli-heading-arguments");
    page.entry(&LOCATORS.placeholder(), &LOCATORS.help());
    page.heading("cli-heading-commands");
    for command in COMMANDS.iter().filter(|c| c.cli.is_some()) {
        page.entry(&command.words().join(" "), &command.cli_help());
    }
    page.entry("help", &tr("cli-help"));
    page.flags("cli-heading-input", OPENING);
    page.shared();
    page.entry("-V, --version", &tr("cli-version"));
    page.heading("cli-heading-examples");
    for example in ["mekiki sales.parquet", "mekiki sample:events", "mekiki help view"] {
        page.line(&format!("  {example}"));
    }
    page.out
}

/// The help page of a command.
pub fn command(command: &Command, cli: &Cli, width: usize) -> String {
    let mut page = Page::new(width);
    page.paragraph(&command.cli_help());
    page.usage(&[command_usage(command, cli)]);
    if cli.params.iter().any(|p| p.positional) {
        page.heading("cli-heading-arguments");
        for param in cli.params.iter().filter(|p| p.positional) {
            match param.kind {
                ParamKind::Choice(_) => {
                    page.entry(&param.name.to_uppercase(), &format!("{} ({})", param.help(), param.placeholder()));
                }
                _ => page.entry(&param.placeholder(), &param.help()),
            }
        }
    }
    for (heading, params) in cli.groups() {
        page.flags(heading, params);
    }
    page.shared();
    let keys = command.json_help();
    if !keys.is_empty() {
        page.heading("cli-heading-json");
        keys.lines().for_each(|line| page.indented(line));
    }
    page.heading("cli-heading-examples");
    for example in cli.examples {
        page.line(&format!("  {example}"));
    }
    page.out
}

/// A page that grows.
struct Page {
    out: String,
    width: usize,
}

impl Page {
    fn new(width: usize) -> Self {
        Self { out: String::new(), width: width.clamp(COLUMN + 20, WIDEST) }
    }

    fn line(&mut self, text: &str) {
        self.out.push_str(text.trim_end());
        self.out.push('\n');
    }

    fn paragraph(&mut self, text: &str) {
        for line in fold(text, self.width) {
            self.line(&line);
        }
    }

    fn indented(&mut self, text: &str) {
        for line in fold(text, self.width - 2) {
            self.line(&format!("  {line}"));
        }
    }

    fn heading(&mut self, id: &'static str) {
        self.line("");
        self.line(&tr(id));
    }

    fn usage(&mut self, lines: &[String]) {
        self.heading("cli-heading-usage");
        for line in lines {
            self.line(&format!("  {line}"));
        }
    }

    fn flags(&mut self, heading: &'static str, params: &'static [Param]) {
        let flags: Vec<&Param> = params.iter().filter(|p| !p.positional).collect();
        if flags.is_empty() {
            return;
        }
        self.heading(heading);
        for param in flags {
            let short = param.short.map_or_else(|| "    ".to_owned(), |c| format!("-{c}, "));
            let left = format!("{short}--{} {}", param.name, param.placeholder());
            self.entry(left.trim_end(), &param.help());
        }
    }

    fn shared(&mut self) {
        self.flags("cli-heading-shared", GLOBAL);
        self.entry("-h, --help", &tr("cli-help-flag"));
    }

    /// A name and its explanation beside it, or below it where the name is long.
    fn entry(&mut self, name: &str, text: &str) {
        let mut left = format!("  {name}");
        if safe::width(&left) + 2 > COLUMN {
            self.line(&left);
            left.clear();
        }
        for line in fold(text, self.width - COLUMN) {
            self.line(&format!("{}{line}", safe::pad(&left, COLUMN, false)));
            left.clear();
        }
    }
}

/// Breaks a text into lines of at most `width` cells: between words, or between wide letters, but not before a mark that
/// closes (a line may then be two cells longer).
fn fold(text: &str, width: usize) -> Vec<String> {
    const CLOSING: &str = "、。」』）】：；！？…ー,.;:!?)”";
    let mut lines = Vec::new();
    let mut line = String::new();
    let mut used = 0;
    // Where the line can be broken: the byte after which it ends, and the byte at which the next begins.
    let mut gap = None;
    let mut wide_before = false;
    for g in text.graphemes(true) {
        let w = safe::width(g);
        let wide = w > 1;
        let closes = CLOSING.contains(g);
        if g == " " {
            gap = Some((line.len(), line.len() + 1));
        } else if !closes && (wide || wide_before) && !line.ends_with(['「', '『', '（', ' ']) && !line.is_empty() {
            gap = Some((line.len(), line.len()));
        }
        if used + w > width
            && !closes
            && g != " "
            && let Some((end, begin)) = gap.take()
        {
            let rest = line.get(begin..).unwrap_or_default().to_owned();
            line.truncate(end);
            lines.push(std::mem::replace(&mut line, rest));
            used = safe::width(&line);
        }
        line.push_str(g);
        used += w;
        wide_before = wide;
    }
    lines.push(line);
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_break_between_words_and_between_wide_letters() {
        assert_eq!(fold("one two three", 8), ["one two", "three"]);
        assert_eq!(fold("unbreakable word", 5), ["unbreakable", "word"]);
        assert_eq!(fold("表の行を出力します。", 8), ["表の行を", "出力しま", "す。"]);
        assert_eq!(fold("表の行を、出力", 8), ["表の行を、", "出力"]);
        assert_eq!(fold("列をCSVに書く", 9), ["列をCSVに", "書く"]);
        assert_eq!(fold("", 9), [""]);
    }
}
