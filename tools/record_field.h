// A record inside a line of JSON: an object of its fields, or a string of its bytes where no schema says what they mean.
#pragma once

#include "tools/json_writer.h"
#include "tools/record_printer.h"

namespace varve {

// `printer`: by the file's schema; nullptr: there is none that can be used. `opaque`: the file says that its records are plain bytes;
// else bytes that cannot be decoded may hold secrets, and are hidden where secrets are. Returns false when they should have been fields.
bool print_record_field(const RecordPrinter* printer, bool opaque, Secrets secrets, Bytes record, JsonWriter& json);

}  // namespace varve
