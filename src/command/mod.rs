//! The registry of commands. Key hints, menu, palette, help, forms, the command line, the man page, completions and the
//! reference page are all read off these entries; their words are in `assets/text/*.ftl` under `cmd-NAME`.
//!
//! An entry says what a command is called and where it can be reached, never how it is carried out.

pub mod cli;
pub mod keymap;

use crate::text::Msg;

/// Where a command can be given.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Screen {
    /// Everywhere, unless text is being typed.
    Anywhere,
    /// With a table in front.
    Table,
}

/// The menu a command stands in, in the order of the menu bar.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Menu {
    /// Opening, saving, leaving.
    File,
    /// Which rows.
    Rows,
    /// Which columns.
    Columns,
    /// Moving about.
    Go,
    /// Understanding.
    Look,
    /// Language, colours, help.
    Help,
}

impl Menu {
    /// Every menu, left to right.
    pub const ALL: [Menu; 6] = [Menu::File, Menu::Rows, Menu::Columns, Menu::Go, Menu::Look, Menu::Help];

    /// Its title.
    pub fn title(self) -> Msg {
        Msg::new(match self {
            Self::File => "menu-file",
            Self::Rows => "menu-rows",
            Self::Columns => "menu-columns",
            Self::Go => "menu-go",
            Self::Look => "menu-look",
            Self::Help => "menu-help",
        })
    }
}

/// What a value given to a command is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ParamKind {
    /// A locator of a table.
    Locator,
    /// A path to write to.
    Path,
    /// A column of the table in front.
    Column,
    /// Several columns.
    Columns,
    /// Columns to sort by, each `COL` or `COL:desc`.
    SortKeys,
    /// A condition in the expression language.
    Condition,
    /// Any text.
    Text,
    /// A statement in SQL; it may begin with a comment (`--`).
    Statement,
    /// A whole number.
    Number,
    /// A number that need not be whole, or a percentage; it may be below zero.
    Quantity,
    /// A size in bytes, such as `500MB`.
    Size,
    /// A span of time, such as `30s`.
    Span,
    /// Yes or no; given by being there.
    Flag,
    /// One of these words.
    Choice(&'static [&'static str]),
}

/// One value a command takes; its words are under `param-NAME`.
#[derive(Clone, Copy, Debug)]
pub struct Param {
    /// The long flag, the form's field and the recipe's key.
    pub name: &'static str,
    /// Words: the text's name.
    pub text: &'static str,
    /// The short flag.
    pub short: Option<char>,
    /// What it is.
    pub kind: ParamKind,
    /// Given by its place on the command line, not by a flag.
    pub positional: bool,
    /// May be given more than once.
    pub repeat: bool,
    /// Must be given.
    pub required: bool,
}

impl Param {
    /// What it is for, in one line.
    pub fn help(&self) -> String {
        Msg::new(self.text).to_string()
    }

    /// The word that stands for its value in help (`FILE`); empty if it takes none.
    pub fn placeholder(&self) -> String {
        match self.kind {
            ParamKind::Flag => String::new(),
            ParamKind::Choice(words) => words.join("|"),
            _ => Msg::new(self.text).attribute("value"),
        }
    }
}

impl Cli {
    /// The values the command takes besides those of every command, in groups as help shows them, its own first: the
    /// heading's text and the values.
    pub fn groups(&self) -> Vec<(&'static str, &'static [Param])> {
        let mut groups = vec![("cli-heading-own", self.params)];
        if self.reads {
            groups.extend([("cli-heading-rows", READING), ("cli-heading-input", OPENING)]);
        }
        if self.writes {
            groups.push(("cli-heading-output", WRITING));
        }
        groups
    }
}

/// A param by its name and kind: a flag that need not be given.
macro_rules! param {
    ($name:literal, $kind:expr $(, $field:ident = $value:expr)*) => {
        Param {
            $($field: $value,)*
            ..Param { name: $name, text: concat!("param-", $name), short: None, kind: $kind, positional: false, repeat: false, required: false }
        }
    };
}

/// What a command is on the command line.
#[derive(Clone, Copy, Debug)]
pub struct Cli {
    /// The values it takes besides the shared ones.
    pub params: &'static [Param],
    /// Whether it reads a table, and so takes the flags that choose rows and columns and describe the input.
    pub reads: bool,
    /// Whether it writes a table, and so takes the flags about output.
    pub writes: bool,
    /// Command lines shown in help and in the reference.
    pub examples: &'static [&'static str],
}

/// One command.
#[derive(Clone, Copy, Debug)]
pub struct Command {
    /// What it does, as a value.
    pub act: Act,
    /// Its name in key maps, on the command line and in the reference.
    pub name: &'static str,
    text: &'static str,
    /// Where it can be given; none if it exists on the command line only.
    pub screen: Option<Screen>,
    /// Its menu.
    pub menu: Option<Menu>,
    /// Its rank in the line of hints (1 first); 0 if it never stands there.
    pub hint: u8,
    /// Its form on the command line.
    pub cli: Option<Cli>,
}

impl Command {
    /// Its name for people: a few words.
    pub fn label(&self) -> Msg {
        Msg::new(self.text)
    }

    /// One word for the line of hints.
    pub fn hint_word(&self) -> String {
        let word = self.label().attribute("hint");
        if word.is_empty() { self.label().to_string() } else { word }
    }

    /// How it is written on the command line. A name that begins with that of another command there is its second word:
    /// `ab-plan` is `ab plan`.
    pub fn words(&self) -> Vec<&'static str> {
        let under = |first: &str| self.cli.is_some() && by_name(first).is_some_and(|c| c.cli.is_some());
        match self.name.split_once('-') {
            Some((first, second)) if under(first) => vec![first, second],
            _ => vec![self.name],
        }
    }

    /// What stands in its JSON, in a few lines; empty where the names of a table's columns say it.
    pub fn json_help(&self) -> String {
        self.label().attribute("json")
    }

    /// A sentence that explains it.
    pub fn help(&self) -> String {
        self.label().attribute("help")
    }

    /// A sentence that explains it on the command line.
    pub fn cli_help(&self) -> String {
        let own = self.label().attribute("cli");
        if own.is_empty() { self.help() } else { own }
    }

    /// Other words people look for it under, in both languages.
    pub fn synonyms(&self) -> String {
        self.label().attribute("words")
    }
}

macro_rules! commands {
    ($($act:ident $name:literal $screen:expr, $menu:expr, $hint:literal $(, $cli:expr)?;)*) => {
        /// What a command does. Closed, so that whoever carries commands out must know them all.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Act {
            $(#[doc = concat!("The command `", $name, "`.")] $act,)*
        }

        /// Every command there is.
        pub const COMMANDS: &[Command] = &[
            $(Command {
                act: Act::$act, name: $name, text: concat!("cmd-", $name), screen: $screen, menu: $menu, hint: $hint,
                cli: { #[allow(unused_mut, unused_assignments)] let mut cli = None; $(cli = Some($cli);)? cli },
            },)*
        ];
    };
}

use Menu::{Columns, File, Go, Help, Look, Rows};
const ANY: Option<Screen> = Some(Screen::Anywhere);
const TABLE: Option<Screen> = Some(Screen::Table);

const LOCATOR: Param = param!("locator", ParamKind::Locator, positional = true, required = true);

/// A table in place of the one a recipe names.
const INSTEAD: Param = Param { text: "param-instead", required: false, ..LOCATOR };

/// The tables the interface opens, each in a tab.
pub const LOCATORS: Param = Param { repeat: true, required: false, ..LOCATOR };

/// Flags every command takes.
pub const GLOBAL: &[Param] = &[
    param!("lang", ParamKind::Choice(&["en", "ja"])),
    param!("color", ParamKind::Choice(&["auto", "always", "never"])),
    param!("quiet", ParamKind::Flag, short = Some('q')),
    param!("verbose", ParamKind::Flag, short = Some('v')),
    param!("no-input", ParamKind::Flag),
    param!("config", ParamKind::Path),
    param!("transcript", ParamKind::Path),
];

/// Flags that say how a table is opened; the interface takes them too.
pub const OPENING: &[Param] = &[
    param!("encoding", ParamKind::Text),
    param!("delimiter", ParamKind::Text),
    param!("no-header", ParamKind::Flag),
    param!("all-text", ParamKind::Flag),
    param!("input-format", ParamKind::Text),
    param!("param", ParamKind::Text, short = Some('p'), repeat = true),
    param!("max-age", ParamKind::Span),
    param!("query", ParamKind::Statement, text = "param-statement"),
    param!("max-bytes", ParamKind::Size),
    param!("max-memory", ParamKind::Size),
    param!("max-rows", ParamKind::Number),
    param!("max-cost", ParamKind::Number),
];

/// Flags of commands that read a table, besides [`OPENING`].
pub const READING: &[Param] = &[
    param!("where", ParamKind::Condition, repeat = true),
    param!("sample", ParamKind::Number),
    param!("seed", ParamKind::Number),
    param!("sort", ParamKind::SortKeys, repeat = true),
    param!("columns", ParamKind::Columns, repeat = true),
    param!("limit", ParamKind::Number),
    param!("timeout", ParamKind::Span),
    param!("fail-empty", ParamKind::Flag),
];

/// Flags of commands that write a table.
pub const WRITING: &[Param] = &[
    param!("output", ParamKind::Path, short = Some('o')),
    param!("format", ParamKind::Text),
    param!("json", ParamKind::Flag),
    param!("bom", ParamKind::Flag),
    param!("excel-safe", ParamKind::Flag),
];

commands! {
    // Files and tabs.
    Open "open" ANY, Some(File), 0;
    Sources "sources" ANY, Some(File), 15, Cli {
        params: &[param!("locator", ParamKind::Locator, positional = true), param!("match", ParamKind::Text), param!("timeout", ParamKind::Span)],
        reads: false, writes: true,
        examples: &["mekiki sources", "mekiki sources sample:", "mekiki sources data/ --json", "mekiki sources redash: --match 寿司 --json"],
    };
    Connect "connect" ANY, Some(File), 0;
    Connections "connections" ANY, Some(File), 0;
    Export "export" TABLE, Some(File), 9, Cli {
        params: &[LOCATOR, param!("create-view", ParamKind::Text)], reads: true, writes: true,
        examples: &["mekiki export sales.csv -o sales.parquet", "mekiki export 'logs/*.parquet' --where \"country = 'JP'\" -o jp.xlsx", "mekiki export redash:sql/warehouse --query \"select * from users\" -o users.parquet"],
    };
    Land "land" TABLE, Some(File), 0;
    SaveRecipe "save-recipe" TABLE, Some(File), 0;
    Tabs "tabs" TABLE, Some(File), 0;
    CloseTab "close-tab" TABLE, Some(File), 0;
    Reload "reload" TABLE, Some(File), 0;
    Complete "fetch-missing" TABLE, Some(File), 0;
    OtherWay "live" TABLE, Some(File), 0;
    Tasks "tasks" ANY, Some(File), 0;
    Cancel "cancel" ANY, Some(File), 0;
    Back "back" ANY, None, 0;
    Quit "quit" ANY, Some(File), 16;
    // Moving about.
    Down "down" TABLE, None, 0;
    Up "up" TABLE, None, 0;
    Left "left" TABLE, None, 0;
    Right "right" TABLE, None, 0;
    PageDown "page-down" TABLE, Some(Go), 0;
    PageUp "page-up" TABLE, Some(Go), 0;
    HalfDown "half-page-down" TABLE, None, 0;
    HalfUp "half-page-up" TABLE, None, 0;
    Top "top" TABLE, Some(Go), 0;
    Bottom "bottom" TABLE, Some(Go), 0;
    FirstColumn "first-column" TABLE, Some(Go), 0;
    LastColumn "last-column" TABLE, Some(Go), 0;
    GotoRow "goto-row" TABLE, Some(Go), 0;
    GotoColumn "goto-column" TABLE, Some(Go), 0;
    Search "search" TABLE, Some(Go), 2;
    SearchNext "search-next" TABLE, Some(Go), 0;
    SearchPrevious "search-previous" TABLE, Some(Go), 0;
    // Rows.
    OnlyThis "only-this-value" TABLE, Some(Rows), 12;
    NotThis "without-this-value" TABLE, Some(Rows), 0;
    FilterForm "filter" TABLE, Some(Rows), 3;
    FilterExpression "filter-expression" TABLE, Some(Rows), 0;
    FilterRemove "filter-remove" TABLE, Some(Rows), 0;
    Sort "sort" TABLE, Some(Rows), 4;
    SortMore "sort-more" TABLE, Some(Rows), 0;
    SampleRows "sample" TABLE, Some(Rows), 0;
    Limit "limit" TABLE, Some(Rows), 0;
    Explode "explode" TABLE, Some(Rows), 0;
    Join "join" TABLE, Some(Rows), 0;
    Compare "diff" TABLE, Some(Look), 0, Cli {
        params: &[
            Param { repeat: true, ..LOCATOR },
            param!("keys", ParamKind::Columns, repeat = true, text = "param-diff-keys"),
            param!("ignore", ParamKind::Columns, repeat = true, text = "param-diff-ignore"),
            param!("long", ParamKind::Flag, text = "param-diff-long"),
            param!("check", ParamKind::Flag, text = "param-diff-check"),
        ],
        reads: true, writes: true,
        examples: &[
            "mekiki diff yesterday.csv today.csv --keys user_id",
            "mekiki diff redash:2000 --max-age 0 --json",
            "mekiki diff old.parquet new.parquet --where \"change = 'removed'\" -o gone.csv",
        ],
    };
    Pivot "pivot" TABLE, Some(Rows), 0;
    Unpivot "unpivot" TABLE, Some(Rows), 0;
    Sessions "sessions" TABLE, Some(Rows), 0;
    Sql "sql" TABLE, Some(Rows), 0, Cli {
        params: &[
            param!("query", ParamKind::Text, positional = true, required = true),
            param!("table", ParamKind::Locator, positional = true, repeat = true),
            param!("limit", ParamKind::Number),
            param!("timeout", ParamKind::Span),
            param!("max-memory", ParamKind::Size),
            param!("max-rows", ParamKind::Number),
            param!("max-cost", ParamKind::Number),
            param!("fail-empty", ParamKind::Flag),
        ],
        reads: false, writes: true,
        examples: &[
            "mekiki sql \"select country, sum(price) as total from sales group by country\" sales.csv",
            "mekiki sql \"select * from a join b on a.id = b.user_id\" a=users.parquet b=orders.csv -o joined.parquet",
        ],
    };
    Undo "undo" TABLE, Some(Rows), 0;
    Redo "redo" TABLE, Some(Rows), 0;
    // Columns.
    Freeze "freeze" TABLE, Some(Columns), 0;
    Hide "hide" TABLE, Some(Columns), 0;
    ColumnList "columns" TABLE, Some(Columns), 0;
    Widen "widen" TABLE, Some(Columns), 0;
    Narrow "narrow" TABLE, Some(Columns), 0;
    Fit "fit-width" TABLE, Some(Columns), 0;
    MoveLeft "move-column-left" TABLE, Some(Columns), 0;
    MoveRight "move-column-right" TABLE, Some(Columns), 0;
    Rename "rename" TABLE, Some(Columns), 0;
    Cast "change-type" TABLE, Some(Columns), 0;
    Derive "derive" TABLE, Some(Columns), 0;
    Expand "expand" TABLE, Some(Columns), 0;
    Bucket "time-bucket" TABLE, Some(Columns), 0;
    // Understanding.
    Enter "open-cell" TABLE, Some(Look), 1;
    RowView "row" TABLE, Some(Look), 0;
    Card "column-card" TABLE, Some(Look), 13;
    Profile "profile" TABLE, Some(Look), 14, Cli {
        params: &[LOCATOR], reads: true, writes: true,
        examples: &["mekiki profile events.parquet", "mekiki profile events.parquet --columns price,country --json"],
    };
    Rank "rank" TABLE, Some(Look), 6, Cli {
        params: &[
            LOCATOR,
            Param { required: true, ..param!("by", ParamKind::Columns, repeat = true) },
            param!("measure", ParamKind::Text, repeat = true),
            param!("top", ParamKind::Number),
            param!("others", ParamKind::Flag),
            param!("ascending", ParamKind::Flag),
            param!("across", ParamKind::Column),
            param!("time", ParamKind::Column),
            param!("period", ParamKind::Choice(crate::op::rank::PERIODS)),
            param!("spark", ParamKind::Choice(crate::op::rank::PERIODS)),
        ],
        reads: true, writes: true,
        examples: &["mekiki rank sales.parquet --by country --measure sum:price --top 10 --others", "mekiki rank events.csv --by page --time day --period month --json", "mekiki rank sales.parquet --by country --measure sum:price --time day --spark week"],
    };
    RankForm "rank-by" TABLE, Some(Look), 0;
    Clean "clean" TABLE, Some(Rows), 5, Cli {
        params: &[
            LOCATOR,
            param!("keys", ParamKind::Columns, repeat = true, text = "param-clean-keys"),
            param!("keep", ParamKind::Columns, repeat = true, text = "param-clean-keep"),
            param!("without", ParamKind::Text, repeat = true, text = "param-clean-without"),
            param!("numbers-alike", ParamKind::Flag, text = "param-clean-numbers-alike"),
            param!("nearly-empty", ParamKind::Text, text = "param-clean-nearly-empty"),
            param!("nearly-constant", ParamKind::Text, text = "param-clean-nearly-constant"),
            param!("drop", ParamKind::Columns, repeat = true, text = "param-clean-drop"),
            param!("mask", ParamKind::Columns, repeat = true, text = "param-clean-mask"),
            param!("trim", ParamKind::Columns, repeat = true, text = "param-clean-trim"),
            param!("fold", ParamKind::Columns, repeat = true, text = "param-clean-fold"),
            param!("sentinels", ParamKind::Columns, repeat = true, text = "param-clean-sentinels"),
            param!("cast", ParamKind::Text, repeat = true, text = "param-clean-cast"),
            param!("check", ParamKind::Flag, text = "param-clean-check"),
            param!("create-view", ParamKind::Text),
        ],
        reads: true, writes: true,
        examples: &["mekiki clean survey.csv", "mekiki clean survey.csv -o survey_clean.parquet --json", "mekiki clean users.csv --keys user_id --check", "mekiki clean prod:mart.v_daily -o clean.sql --create-view mart.v_daily_clean"],
    };
    CleanReceipt "clean-receipt" TABLE, Some(Rows), 0;
    Chart "chart" TABLE, Some(Look), 7, Cli {
        params: &[
            LOCATOR,
            param!("kind", ParamKind::Choice(&["bar", "line", "histogram", "density", "scatter", "box", "heatmap", "cumulative"])),
            param!("x", ParamKind::Column),
            param!("y", ParamKind::Column),
            Param { text: "param-chart-measure", ..param!("measure", ParamKind::Choice(&["mean", "sum", "min", "max", "count"])) },
            param!("colour", ParamKind::Column),
            param!("facet", ParamKind::Column),
            param!("log", ParamKind::Flag),
            param!("bins", ParamKind::Number),
            param!("title", ParamKind::Text),
            param!("width", ParamKind::Number),
            param!("height", ParamKind::Number),
            param!("scale", ParamKind::Text),
        ],
        reads: true, writes: true,
        examples: &[
            "mekiki chart sales.csv --x country",
            "mekiki chart events.parquet --kind line --x day --y price --measure sum --colour country -o price.png",
        ],
    };
    Analyse "analyse" TABLE, Some(Look), 0;
    Ab "ab" TABLE, Some(Look), 0, Cli {
        params: &[
            Param { required: false, ..LOCATOR },
            param!("variant", ParamKind::Column, text = "param-ab-variant"),
            param!("metric", ParamKind::Columns, repeat = true, text = "param-ab-metric"),
            param!("arm", ParamKind::Text, repeat = true, text = "param-ab-arm"),
            param!("baseline", ParamKind::Text, text = "param-ab-baseline"),
            param!("unit", ParamKind::Column, text = "param-ab-unit"),
            param!("kind", ParamKind::Choice(&["conversion", "mean", "count", "ratio"]), text = "param-ab-kind"),
            param!("denominator", ParamKind::Column, text = "param-ab-denominator"),
            param!("covariate", ParamKind::Column, text = "param-ab-covariate"),
            param!("day", ParamKind::Column, text = "param-ab-day"),
            param!("segment", ParamKind::Column, text = "param-ab-segment"),
            param!("lower-is-better", ParamKind::Flag, text = "param-ab-lower"),
            param!("margin", ParamKind::Text, text = "param-ab-margin"),
            param!("winsorise", ParamKind::Text, text = "param-ab-winsorise"),
            param!("bootstrap", ParamKind::Flag, text = "param-ab-bootstrap"),
            param!("planned", ParamKind::Text, text = "param-ab-planned"),
            param!("prior", ParamKind::Text, text = "param-ab-prior"),
            param!("alpha", ParamKind::Text, text = "param-ab-alpha"),
            param!("split", ParamKind::Text, text = "param-ab-split"),
            param!("plan", ParamKind::Path, text = "param-ab-plan"),
        ],
        reads: true, writes: true,
        examples: &[
            "mekiki ab --arm A=118/2000 --arm B=90/2000",
            "mekiki ab experiment.csv --variant variant --metric converted --metric revenue --unit user_id --json",
            "mekiki ab users.parquet --variant variant --metric clicks --denominator impressions --day day --segment device",
        ],
    };
    AbPlan "ab-plan" ANY, Some(Look), 0, Cli {
        params: &[
            Param { required: false, ..LOCATOR },
            param!("rate", ParamKind::Quantity, text = "param-plan-rate"),
            param!("mean", ParamKind::Quantity, text = "param-plan-mean"),
            param!("sd", ParamKind::Quantity, text = "param-plan-sd"),
            param!("change", ParamKind::Quantity, text = "param-plan-change"),
            param!("aim", ParamKind::Choice(crate::op::ab::planning::Aim::NAMES), text = "param-plan-aim"),
            param!("power", ParamKind::Quantity, text = "param-plan-power"),
            param!("alpha", ParamKind::Quantity, text = "param-plan-alpha"),
            param!("arms", ParamKind::Number, text = "param-plan-arms"),
            param!("split", ParamKind::Text, text = "param-plan-split"),
            param!("per-day", ParamKind::Quantity, text = "param-plan-per-day"),
            param!("cluster-size", ParamKind::Quantity, text = "param-plan-cluster-size"),
            param!("icc", ParamKind::Quantity, text = "param-plan-icc"),
            param!("start", ParamKind::Text, text = "param-plan-start"),
            param!("metric", ParamKind::Column, text = "param-plan-metric"),
            param!("unit", ParamKind::Column, text = "param-plan-unit"),
            param!("cluster", ParamKind::Column, text = "param-plan-cluster"),
            param!("day", ParamKind::Column, text = "param-plan-day"),
            param!("save", ParamKind::Flag, text = "param-plan-save"),
        ],
        reads: true, writes: true,
        examples: &[
            "mekiki ab plan --rate 0.05 --change 10% --per-day 4000",
            "mekiki ab plan --mean 1200 --sd 3400 --change 50 -o plan.toml",
            "mekiki ab plan events.parquet --metric converted --unit user_id --day day --change 10% -o power.png",
        ],
    };
    AbWizard "ab-wizard" ANY, Some(Look), 0, Cli {
        params: &[], reads: false, writes: true,
        examples: &["mekiki ab wizard", "mekiki ab wizard --json"],
    };
    Importance "importance" TABLE, Some(Look), 0, Cli {
        params: &[
            LOCATOR,
            Param { required: true, ..param!("target", ParamKind::Column, text = "param-importance-target") },
            param!("task", ParamKind::Choice(crate::op::importance::task::TASKS), text = "param-importance-task"),
            param!("drop", ParamKind::Columns, repeat = true, text = "param-importance-drop"),
            param!("time", ParamKind::Column, text = "param-importance-time"),
            param!("split-column", ParamKind::Column, text = "param-importance-split-column"),
            param!("values", ParamKind::Flag, text = "param-importance-values"),
            param!("figure", ParamKind::Choice(crate::op::importance::Drawn::NAMES), text = "param-importance-figure"),
            param!("feature", ParamKind::Column, text = "param-importance-feature"),
            param!("row", ParamKind::Number, text = "param-importance-row"),
        ],
        reads: true, writes: true,
        examples: &[
            "mekiki importance customers.csv --target churned",
            "mekiki importance sales.parquet --target price --drop price_with_tax --json",
        ],
    };
    CopyCell "copy-cell" TABLE, Some(Look), 0;
    CopyRow "copy-row" TABLE, Some(Look), 0;
    CopyLink "copy-link" TABLE, Some(Look), 0;
    CopyColumnName "copy-column-name" TABLE, Some(Look), 0;
    Notices "notices" TABLE, Some(Look), 0;
    ServerQuery "server-query" TABLE, Some(Look), 0;
    Cost "cost" TABLE, Some(Look), 0;
    // The program itself.
    Menu "menu" ANY, None, 10;
    Palette "palette" ANY, Some(Help), 0;
    Help "help" ANY, Some(Help), 11;
    Language "language" ANY, Some(Help), 0;
    Theme "theme" ANY, Some(Help), 0;
    Mouse "mouse" ANY, Some(Help), 0;
    Redraw "redraw" ANY, Some(Help), 0;
    // On the command line only.
    View "view" None, None, 0, Cli {
        params: &[LOCATOR], reads: true, writes: true,
        examples: &["mekiki view sales.parquet --limit 20", "mekiki view sales.csv --where \"price > 1000\" --sort price:desc --json"],
    };
    Run "run" None, None, 0, Cli {
        params: &[
            param!("recipe", ParamKind::Path, positional = true, required = true),
            INSTEAD,
            param!("dry-run", ParamKind::Flag),
        ],
        reads: true, writes: true,
        examples: &["mekiki run sales.toml", "mekiki run daily.toml -p day=2026-11-20", "mekiki run sales.toml december.csv -o december.parquet"],
    };
    Shape "shape" None, None, 0, Cli {
        params: &[
            LOCATOR,
            param!("rename", ParamKind::Text, repeat = true, text = "param-shape-rename"),
            param!("cast", ParamKind::Text, repeat = true, text = "param-shape-cast"),
            param!("derive", ParamKind::Text, repeat = true, text = "param-shape-derive"),
            param!("flatten", ParamKind::Text, repeat = true, text = "param-shape-flatten"),
            param!("params", ParamKind::Text, repeat = true, text = "param-shape-params"),
            param!("bucket", ParamKind::Text, repeat = true, text = "param-shape-bucket"),
            param!("explode", ParamKind::Text, repeat = true, text = "param-shape-explode"),
            param!("unpivot", ParamKind::Text, repeat = true, text = "param-shape-unpivot"),
            param!("pivot", ParamKind::Text, repeat = true, text = "param-shape-pivot"),
            param!("join", ParamKind::Text, repeat = true, text = "param-shape-join"),
            param!("sessions", ParamKind::Text, repeat = true, text = "param-shape-sessions"),
            param!("session-table", ParamKind::Text, repeat = true, text = "param-shape-session-table"),
            param!("first", ParamKind::Text, repeat = true, text = "param-shape-first"),
        ],
        reads: true, writes: true,
        examples: &[
            "mekiki shape sales.csv --derive \"total = price * quantity\" --bucket day:month --pivot \"country:sum:total by day_month\"",
            "mekiki shape events.parquet --params event_params:ga_session_id,page_title --where \"page_title is not missing\" -o pages.parquet",
            "mekiki shape orders.csv --join \"users.csv on user_id=id as left\" --sessions user_id:time:30m",
        ],
    };
    Doctor "doctor" None, None, 0, Cli { params: &[], reads: false, writes: true, examples: &["mekiki doctor", "mekiki doctor --json"] };
    Gen "gen" None, None, 0, Cli {
        params: &[
            param!("artefact", ParamKind::Choice(&["man", "completions", "keys", "config-schema", "reference"]), positional = true, required = true),
            param!("shell", ParamKind::Choice(&["bash", "zsh", "fish", "powershell", "elvish"])),
        ],
        reads: false, writes: false,
        examples: &["mekiki gen man > mekiki.1", "mekiki gen completions --shell zsh > _mekiki"],
    };
}

impl Act {
    /// The entry of this act.
    pub fn command(self) -> &'static Command {
        &COMMANDS[self as usize]
    }
}

/// The command called `name`.
pub fn by_name(name: &str) -> Option<&'static Command> {
    COMMANDS.iter().find(|c| c.name == name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_act_finds_its_own_entry_and_names_are_unique() {
        for (i, command) in COMMANDS.iter().enumerate() {
            assert_eq!(command.act as usize, i);
            assert_eq!(by_name(command.name).map(|c| c.act), Some(command.act));
        }
    }

    #[test]
    fn a_command_that_can_be_given_has_a_menu_or_is_a_movement() {
        for c in COMMANDS.iter().filter(|c| c.screen.is_some() && c.menu.is_none()) {
            let plain = [Act::Down, Act::Up, Act::Left, Act::Right, Act::HalfDown, Act::HalfUp, Act::Back, Act::Menu];
            assert!(plain.contains(&c.act), "{} is in no menu", c.name);
        }
    }
}
