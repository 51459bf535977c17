// Prints records (transactions, records of an image) as JSON, by their schema.
//
// A record is one Cap'n Proto segment without a segment table, as the state machine made it. Fields stand under their names; a pointer
// field that is not set is left out; a field that the schema marks secret is printed as "<hidden, N bytes>" unless secrets are wanted.
#pragma once

#include <capnp/dynamic.h>

#include <cstdint>

#include "tools/compiled_schema.h"
#include "tools/json_writer.h"
#include "varve/error.h"

namespace varve {

enum class Secrets : std::uint8_t { kHide, kShow };

// Errors: record and schema are someone else's: what cannot be printed gives a text, within time and memory bounded by the record's
//         size; what was printed until then is unusable, so print into memory or a NullSink first.
class RecordPrinter {
 public:
  // `schema` must outlive the printer; nullptr: nothing is secret.
  RecordPrinter(const CompiledSchema* schema, capnp::StructSchema type, Secrets secrets)
      : schema_(schema), type_(type), secrets_(secrets) {}

  // Precondition: `record` is 8-byte aligned.
  Result<void> print(Bytes record, JsonWriter& json) const;

 private:
  const CompiledSchema* schema_;
  capnp::StructSchema type_;
  Secrets secrets_;
};

// Prints one value that is already open, secrets and all; for types of Varve's own. May throw what KJ throws.
void print_struct(capnp::DynamicStruct::Reader value, JsonWriter& json);

}  // namespace varve
