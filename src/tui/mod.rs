//! The terminal interface: receives, drains, updates, draws. Its thread never waits for data.

mod act;
pub mod app;
mod clipboard;
mod grid;
mod input;
mod layer;
mod layers;
mod opening;
mod outside;
mod paint;
mod picture;
mod plain;
pub mod screen;
mod steps;
mod tab;
mod tasks;
pub mod terminal;
#[cfg(test)]
mod tests;
pub mod theme;

use std::io::{self, IsTerminal};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::time::Duration;

use ratatui::Terminal;

use crate::command::keymap::Keymap;
use crate::config::Config;
use crate::engine::Sources;
use crate::error::{Error, Result, system};
use crate::source::OpenOptions;
use crate::text::Msg;
use app::{App, Message, Setup};
use screen::{Screen, modes};
use theme::Theme;

/// What to open at the start, and how.
pub struct Options {
    /// The tables.
    pub locators: Vec<String>,
    /// How to read them.
    pub open: OpenOptions,
    /// The configuration in force.
    pub config: Config,
    /// Most memory a task may take, in bytes.
    pub memory: u64,
    /// The person's configuration file, where connections are added.
    pub config_file: Option<std::path::PathBuf>,
}

/// The standard output as a file descriptor that is written to in one piece.
struct Tty;

impl io::Write for Tty {
    #[cfg(unix)]
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        // SAFETY: the pointer and length are those of a live slice.
        let n = unsafe { libc::write(libc::STDOUT_FILENO, bytes.as_ptr().cast(), bytes.len()) };
        usize::try_from(n).map_err(|_| io::Error::last_os_error())
    }

    #[cfg(not(unix))]
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut out = io::stdout().lock();
        out.write_all(bytes)?;
        out.flush()?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// The colours the configuration names.
pub fn theme(config: &Config) -> Result<Theme> {
    let name = config.theme.as_deref().unwrap_or("auto");
    Theme::from_name(name).ok_or_else(|| {
        let names: Vec<&str> = Theme::ALL.iter().map(|(n, _)| *n).collect();
        Error::usage(Msg::new("error-theme").with("name", name))
            .hint(Msg::new("hint-one-of").with("names", names.join(", ")))
    })
}

/// Runs the interface until the person leaves. The terminal is as it was afterwards, whatever happened.
pub fn run(options: Options) -> Result<()> {
    if !io::stdout().is_terminal() {
        return Err(Error::usage(Msg::new("error-no-terminal")).hint(Msg::new("hint-no-terminal")));
    }
    let setup = Setup {
        sources: Sources::configured(&options.config.connections),
        keymap: Keymap::load(options.config.keymap.as_deref().unwrap_or("default"))?,
        theme: theme(&options.config)?,
        mouse: options.config.mouse.unwrap_or(true),
        memory: options.memory,
        config_file: options.config_file,
        plain: !crate::text::is_unicode(),
    };
    let mouse = setup.mouse;
    terminal::guard_panics();
    let (send, receive) = channel();
    let failed = |e: io::Error| Error::failed(Msg::new("error-terminal").with("cause", system::words(&e))).caused_by(e);
    let mut screen = Terminal::new(Screen::new(Tty)).map_err(failed)?;
    let size = screen.size().map_err(failed)?;
    let mut app = App::new(setup, send.clone(), (size.width, size.height));
    if options.config.hyperlinks.unwrap_or(true) {
        app.links = screen.backend().board();
    }
    // Reading begins before the terminal is taken: the rows are to be there when the screen is.
    for locator in &options.locators {
        app.open(locator, options.open.clone(), None);
    }
    terminal::take(mouse).map_err(failed)?;
    watch_input(send.clone());
    watch_signals(send);
    let result = main_loop(&mut app, &mut screen, &receive, mouse);
    terminal::give_back();
    result
}

fn watch_input(send: Sender<Message>) {
    let _ = std::thread::Builder::new().name("input".to_owned()).spawn(move || {
        loop {
            outside::pass();
            let message = match crossterm::event::read() {
                Ok(event) => {
                    if picture::asked(&event).is_some_and(|able| send.send(Message::Able(able)).is_err()) {
                        return;
                    }
                    Message::Terminal(event)
                }
                Err(_) => Message::Hangup,
            };
            let gone = matches!(message, Message::Hangup);
            if send.send(message).is_err() || gone {
                return;
            }
        }
    });
}

#[cfg(unix)]
fn watch_signals(send: Sender<Message>) {
    use signal_hook::consts::{SIGCONT, SIGHUP, SIGINT, SIGTERM, SIGTSTP};
    let Ok(mut signals) = signal_hook::iterator::Signals::new([SIGTERM, SIGHUP, SIGINT, SIGTSTP, SIGCONT]) else {
        return;
    };
    let _ = std::thread::Builder::new().name("signals".to_owned()).spawn(move || {
        for signal in signals.forever() {
            if send.send(Message::Signal(signal)).is_err() {
                return;
            }
        }
    });
}

#[cfg(not(unix))]
fn watch_signals(_send: Sender<Message>) {}

/// Gives the terminal back, stops this process as the shell expects, and takes the terminal again when continued.
#[cfg(unix)]
fn stop_until_continued(mouse: bool) {
    terminal::give_back();
    let _ = signal_hook::low_level::emulate_default_handler(signal_hook::consts::SIGTSTP);
    let _ = terminal::take(mouse);
}

fn is_stop(message: &Message) -> bool {
    use crossterm::event::{Event, KeyCode, KeyModifiers};
    match message {
        #[cfg(unix)]
        Message::Signal(signal) => *signal == signal_hook::consts::SIGTSTP,
        Message::Terminal(Event::Key(key)) => {
            key.code == KeyCode::Char('z') && key.modifiers.contains(KeyModifiers::CONTROL)
        }
        _ => false,
    }
}

fn is_continue(message: &Message) -> bool {
    #[cfg(unix)]
    if let Message::Signal(signal) = message {
        return *signal == signal_hook::consts::SIGCONT;
    }
    let _ = message;
    false
}

fn is_from_keyboard(message: &Message) -> bool {
    #[cfg(unix)]
    if let Message::Signal(signal) = message {
        use signal_hook::consts::{SIGCONT, SIGINT, SIGTSTP};
        return [SIGINT, SIGTSTP, SIGCONT].contains(signal);
    }
    let _ = message;
    false
}

fn main_loop(
    app: &mut App,
    terminal: &mut Terminal<Screen<Tty>>,
    receive: &Receiver<Message>,
    mut mouse: bool,
) -> Result<()> {
    app.ensure_something();
    app.fetch(false);
    loop {
        let first = match app.sleep() {
            None => receive.recv().map_err(|_| RecvTimeoutError::Disconnected),
            Some(wait) => receive.recv_timeout(wait.max(Duration::from_millis(1))),
        };
        let mut next = match first {
            Ok(message) => Some(message),
            Err(RecvTimeoutError::Timeout) => None,
            Err(RecvTimeoutError::Disconnected) => return Err(Error::interrupted()),
        };
        while let Some(message) = next {
            if is_stop(&message) {
                #[cfg(unix)]
                stop_until_continued(mouse);
                terminal.backend_mut().invalidate();
                app.run(crate::command::Act::Redraw, toml::Table::new());
            } else if is_continue(&message) {
                terminal.backend_mut().invalidate();
                app.run(crate::command::Act::Redraw, toml::Table::new());
            } else {
                app.update(message);
            }
            next = receive.try_recv().ok();
        }
        if let Some((text, suffix)) = app.take_outside() {
            let edited = outside::edit(&text, suffix, mouse);
            // Signals from the keyboard were for the editor.
            let held: Vec<Message> = receive.try_iter().filter(|m| !is_from_keyboard(m)).collect();
            terminal.backend_mut().invalidate();
            app.run(crate::command::Act::Redraw, toml::Table::new());
            app.edited(edited);
            held.into_iter().for_each(|message| app.update(message));
        }
        if let Some(result) = app.ended() {
            return result;
        }
        app.pass_questions();
        app.ensure_something();
        app.fetch(false);
        app.settle_picture();
        while let Some(bytes) = app.take_raw() {
            app::write_raw(terminal.backend_mut().writer_mut(), &bytes);
        }
        if app.wants_mouse() != mouse {
            mouse = app.wants_mouse();
            let bytes = if mouse { modes::MOUSE_ON } else { modes::MOUSE_OFF };
            app::write_raw(terminal.backend_mut().writer_mut(), bytes);
        }
        if app.take_redraw() {
            terminal.backend_mut().invalidate();
        }
        if app.due() {
            draw(app, terminal)?;
        }
        // Only now: reading ahead must not hold up what is drawn.
        app.fetch(true);
        if let Some(bytes) = app.take_picture() {
            app::write_raw(terminal.backend_mut().writer_mut(), &bytes);
        }
    }
}

fn draw(app: &mut App, terminal: &mut Terminal<Screen<Tty>>) -> Result<()> {
    let result = screen::draw(terminal, |frame| {
        if let Some((x, y)) = app.draw(frame.buffer_mut()) {
            frame.set_cursor_position((x, y));
        }
    });
    result
        .map(|_| ())
        .map_err(|e| Error::failed(Msg::new("error-terminal").with("cause", system::words(&e))).caused_by(e))
}
