//! Cleaning a table from the keyboard.

use super::Walk;

const SHOPS: &str = "id,shop,label,gone\n1,a,りんご,\n2,b,みかん,\n3,a,りんご,\n4,b,みかん,\n1,a,りんご,\n";

#[test]
fn look_untick_clean_undo_and_read_the_receipt() {
    let mut s = Walk::open(24, 80);
    s.expect("", "4 rows");
    std::fs::write(s.file("shops.csv"), SHOPS).expect("a file");
    s.expect("O", "Open");
    s.expect("shops.csv\r", "5 rows");
    s.expect("c", "under other names");
    s.watch("the findings", |t| {
        t.contains("[x] dropped   label")
            && t.contains("[x] dropped   gone")
            && t.contains("4 rows × 2 columns left; gone: 1 row, 2 columns")
    });
    // The first is kept, the others go.
    s.expect(" ", "[ ] kept      label");
    s.expect("", "4 rows × 3 columns left; gone: 1 row, 1 column");
    s.expect("\r", "Cleaned: 4 rows × 3 columns left");
    s.watch("the table without what was ticked", |t| {
        t.contains("[cleaned]") && t.contains("label") && !t.contains("gone ")
    });
    s.expect("u", "5 rows");
    s.watch("the column is back", |t| t.contains("gone"));
    s.expect(":receipt\r", "Receipt for shops.csv");
    s.watch("what was done", |t| t.contains("kept") && t.contains("dropped"));
    s.quit();
}
