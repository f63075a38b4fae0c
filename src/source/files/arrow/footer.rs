//! The little of Arrow's message format that finding batches needs: reading a message's header, writing a file's footer.
//!
//! Layout after the Arrow columnar format, version 1.5 (`Message.fbs`, `File.fbs`, `Schema.fbs`); a flatbuffer's offsets
//! are relative, so the schema can be carried over as the bytes it is.

/// The six bytes a file begins and ends with.
pub const MAGIC: &[u8; 6] = b"ARROW1";

/// Where a message is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Block {
    /// Place of its first byte.
    pub offset: u64,
    /// Length of the header, with what precedes it.
    pub header: u32,
    /// Length of the body.
    pub body: u64,
}

/// What a message carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// The columns.
    Schema,
    /// Values of a dictionary.
    Dictionary,
    /// Rows.
    Batch,
    /// Something else.
    Other,
}

/// A message's header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Message {
    /// What it carries.
    pub kind: Kind,
    /// Length of the body in bytes.
    pub body: u64,
    /// Rows in a batch.
    pub rows: u64,
    /// Place of the table that describes what it carries.
    table: usize,
}

fn u16_at(bytes: &[u8], at: usize) -> Option<usize> {
    Some(usize::from(u16::from_le_bytes(bytes.get(at..at + 2)?.try_into().ok()?)))
}

fn u32_at(bytes: &[u8], at: usize) -> Option<usize> {
    usize::try_from(u32::from_le_bytes(bytes.get(at..at.checked_add(4)?)?.try_into().ok()?)).ok()
}

fn i64_at(bytes: &[u8], at: usize) -> Option<i64> {
    Some(i64::from_le_bytes(bytes.get(at..at.checked_add(8)?)?.try_into().ok()?))
}

/// The place of a field of a flatbuffer's table; None if it has its default.
fn field(bytes: &[u8], table: usize, number: usize) -> Option<usize> {
    let back = i32::from_le_bytes(bytes.get(table..table.checked_add(4)?)?.try_into().ok()?);
    let vtable = usize::try_from(i64::try_from(table).ok()? - i64::from(back)).ok()?;
    let slot = 4 + 2 * number;
    if slot + 2 > u16_at(bytes, vtable)? {
        return None;
    }
    match u16_at(bytes, vtable.checked_add(slot)?)? {
        0 => None,
        offset => table.checked_add(offset),
    }
}

impl Message {
    /// Reads a message's header; None if it is none.
    pub fn parse(bytes: &[u8]) -> Option<Self> {
        let root = u32_at(bytes, 0)?;
        let kind = match field(bytes, root, 1).and_then(|at| bytes.get(at)) {
            Some(1) => Kind::Schema,
            Some(2) => Kind::Dictionary,
            Some(3) => Kind::Batch,
            _ => Kind::Other,
        };
        let at = field(bytes, root, 2)?;
        let table = at.checked_add(u32_at(bytes, at)?)?;
        let number = |place: Option<usize>| match place {
            None => Some(0),
            Some(at) => u64::try_from(i64_at(bytes, at)?).ok(),
        };
        let body = number(field(bytes, root, 3))?;
        let rows = if kind == Kind::Batch { number(field(bytes, table, 0))? } else { 0 };
        Some(Self { kind, body, rows, table })
    }
}

/// The end of a file with these blocks: footer, its length, magic. `schema` is the message that holds the schema.
pub fn build(schema: &[u8], dictionaries: &[Block], batches: &[Block]) -> Option<Vec<u8>> {
    /// Where the table's fields begin, and what the offsets in the vtable say.
    const TABLE: usize = 16;
    const FIELDS: [u16; 4] = [16, 4, 8, 12];
    /// The format's version 5, `MetadataVersion.V5`.
    const VERSION: i16 = 4;
    let message = Message::parse(schema)?;
    let mut out = Vec::with_capacity(schema.len() + 128 + 24 * (dictionaries.len() + batches.len()));
    out.extend((TABLE as u32).to_le_bytes());
    out.extend(12u16.to_le_bytes());
    out.extend(20u16.to_le_bytes());
    for offset in FIELDS {
        out.extend(offset.to_le_bytes());
    }
    out.extend((TABLE as i32 - 4).to_le_bytes());
    // Places of schema, dictionaries and batches, filled in below.
    out.extend([0; 12]);
    out.extend(VERSION.to_le_bytes());
    let refer = |out: &mut Vec<u8>, field: usize, target: usize| {
        let at = TABLE + field;
        out[at..at + 4].copy_from_slice(&((target - at) as u32).to_le_bytes());
    };
    for (field, blocks) in [(8, dictionaries), (12, batches)] {
        // The length stands right before the blocks, which begin at a multiple of eight.
        let at = (out.len() + 4).next_multiple_of(8) - 4;
        out.resize(at, 0);
        refer(&mut out, field, at);
        out.extend(u32::try_from(blocks.len()).ok()?.to_le_bytes());
        for block in blocks {
            out.extend(i64::try_from(block.offset).ok()?.to_le_bytes());
            out.extend(i32::try_from(block.header).ok()?.to_le_bytes());
            out.extend([0; 4]);
            out.extend(i64::try_from(block.body).ok()?.to_le_bytes());
        }
    }
    out.resize(out.len().next_multiple_of(8), 0);
    let base = out.len();
    refer(&mut out, 4, base + message.table);
    out.extend(schema);
    let len = i32::try_from(out.len()).ok()?;
    out.extend(len.to_le_bytes());
    out.extend(MAGIC);
    Some(out)
}
