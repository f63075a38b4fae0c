//! How the release program is linked; run by cargo before it builds.

fn main() {
    println!("cargo:rerun-if-changed=src/link.rs");
    let is = |name: &str, value: &str| std::env::var(name).is_ok_and(|v| v == value);
    // A program at a fixed place needs no table of 180,000 addresses to be put right at each start: 4 MB less to carry, and
    // less to do before the first row. Libraries, heap and stack are at random places as ever.
    if is("PROFILE", "release") && is("CARGO_CFG_TARGET_OS", "linux") && is("CARGO_CFG_TARGET_ENV", "gnu") {
        println!("cargo:rustc-link-arg-bins=-no-pie");
    }
}
