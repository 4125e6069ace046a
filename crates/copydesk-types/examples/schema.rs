//! Prints the JSON Schema of the record, as committed in `schema/`.

fn main() {
    #[expect(clippy::print_stdout, reason = "printing is what it is for")]
    {
        println!("{:#}", copydesk_types::record_schema());
    }
}
