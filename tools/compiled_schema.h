// A schema as it stands in a file: any user's types, known only from their compiled form.
#pragma once

#include <capnp/schema-loader.h>
#include <capnp/schema.h>

#include <cstdint>
#include <memory>
#include <unordered_map>
#include <vector>

#include "varve/error.h"
#include "varve/types.h"

namespace varve {

// Errors: the bytes are someone else's: malformed or hostile ones give one clear text, within bounded time and memory.
class CompiledSchema {
 public:
  // `compiled`: a CodeGeneratorRequest as `capnp compile -o-` writes it; not used after the call.
  static Result<std::unique_ptr<CompiledSchema>> load(Bytes compiled);

  Result<capnp::StructSchema> struct_type(std::uint64_t type_id) const;

  // The field carries the annotation of varve/varve.capnp.
  bool is_secret(capnp::StructSchema::Field field) const;

 private:
  CompiledSchema() = default;
  void note_secrets(capnp::schema::Node::Reader node);

  capnp::SchemaLoader loader_;
  std::unordered_map<std::uint64_t, std::vector<bool>> secret_fields_;  // by type, by index; types with at least one
};

// No larger schema is read.
inline constexpr std::size_t kCompiledSchemaBytesMax = 16u << 20;

}  // namespace varve
