#include "tools/compiled_schema.h"

#include <capnp/message.h>
#include <capnp/schema.capnp.h>
#include <capnp/serialize.h>
#include <fmt/format.h>

#include <cstring>

#include "base/bytes.h"
#include "tools/json_writer.h"
#include "tools/kj_text.h"
#include "tools/record_printer.h"

namespace varve {

namespace {

// As varve/varve.capnp declares it; users' schemas are known by it, so it never changes.
constexpr std::uint64_t kSecretAnnotation = 0xd1c5f0a7b2e39486;
constexpr std::uint32_t kSegmentsMax = 512;
constexpr int kDepthMax = 64;

using Request = capnp::schema::CodeGeneratorRequest;

// Throws where any pointer is malformed. capnp::SchemaLoader 0.9 overflows the stack when it cannot read a name that it wants to
// complain about, so nothing malformed may reach it, nor a limit that it could run into half way.
void read_all(Request::Reader request) {
  NullSink nowhere;
  JsonWriter json(nowhere);
  print_struct(request, json);
}

bool has_secret_annotation(capnp::schema::Field::Reader field) {
  for (auto annotation : field.getAnnotations()) {
    if (annotation.getId() == kSecretAnnotation) return true;
  }
  return false;
}

}  // namespace

Result<std::unique_ptr<CompiledSchema>> CompiledSchema::load(Bytes compiled) {
  if (compiled.size() > kCompiledSchemaBytesMax)
    return fail(ErrorCode::kTooLarge,
                fmt::format("the schema has {} bytes, at most {} are read", compiled.size(), kCompiledSchemaBytesMax));
  if (compiled.size() < sizeof(capnp::word) || load_as<std::uint32_t>(compiled) >= kSegmentsMax)
    return fail(ErrorCode::kDamaged, fmt::format("the schema of {} bytes is not what `capnp compile -o-` writes", compiled.size()));
  auto words = kj::heapArray<capnp::word>(compiled.size() / sizeof(capnp::word));
  std::memcpy(words.asBytes().begin(), compiled.data(), words.asBytes().size());
  std::unique_ptr<CompiledSchema> schema(new CompiledSchema);
  try {
    capnp::FlatArrayMessageReader message(words, {.traversalLimitInWords = 8 * words.size() + 1024, .nestingLimit = kDepthMax});
    const auto request = message.getRoot<Request>();
    capnp::MallocMessageBuilder copy;
    copy.setRoot(request);
    read_all(copy.getRoot<Request>());
    for (auto node : copy.getRoot<Request>().asReader().getNodes()) {
      schema->loader_.load(node);
      schema->note_secrets(node);
    }
  } catch (const kj::Exception& error) {
    return fail(ErrorCode::kDamaged, fmt::format("the schema is malformed: {}", one_line(error)));
  }
  return schema;
}

void CompiledSchema::note_secrets(capnp::schema::Node::Reader node) {
  if (!node.isStruct()) return;
  const auto fields = node.getStruct().getFields();
  for (unsigned i = 0; i < fields.size(); ++i) {
    if (!has_secret_annotation(fields[i])) continue;
    auto& secret = secret_fields_[node.getId()];
    secret.resize(fields.size());
    secret[i] = true;
  }
}

Result<capnp::StructSchema> CompiledSchema::struct_type(std::uint64_t type_id) const {
  try {
    KJ_IF_MAYBE (found, loader_.tryGet(type_id)) {
      if (found->getProto().isStruct()) return found->asStruct();
      return fail(ErrorCode::kDamaged, fmt::format("type {:#018x} of the schema is not a struct", type_id));
    }
  } catch (const kj::Exception& error) {
    return fail(ErrorCode::kDamaged, fmt::format("type {:#018x} of the schema is malformed: {}", type_id, one_line(error)));
  }
  return fail(ErrorCode::kNotFound, fmt::format("the schema has no type {:#018x}", type_id));
}

bool CompiledSchema::is_secret(capnp::StructSchema::Field field) const {
  const auto found = secret_fields_.find(field.getContainingStruct().getProto().getId());
  return found != secret_fields_.end() && field.getIndex() < found->second.size() && found->second[field.getIndex()];
}

}  // namespace varve
