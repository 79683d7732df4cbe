#[derive(Arguments)]
union Bits {
    whole: u32,
    parts: [u8; 4],
}
