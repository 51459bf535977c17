// Compiled schemas, records printed by them, and the resource manager's transactions.
#include <nlohmann/json.hpp>

#include "base/check.h"
#include "rm/rm.capnp.h"
#include "rm/rm_schema.h"
#include "rm/transaction_decoder.h"
#include "tests/fuzz/entry_points.h"
#include "tests/fuzz/exact_bytes.h"
#include "tests/tools/observatory.h"
#include "tools/compiled_schema.h"
#include "tools/record_printer.h"

namespace varve::fuzz {

namespace {

const CompiledSchema& sound_schema(std::string_view compiled) {
  auto loaded = CompiledSchema::load(as_bytes(compiled));
  CHECK(loaded.has_value(), loaded.error().text());
  return *loaded->release();  // for the life of the process
}

// Whatever can be printed is JSON, with secrets and without.
bool print(const CompiledSchema& schema, std::uint64_t type_id, Bytes record) {
  const auto type = schema.struct_type(type_id);
  if (!type) return false;
  bool printed = false;
  for (const Secrets secrets : {Secrets::kShow, Secrets::kHide}) {
    StringSink text;
    JsonWriter json(text);
    printed = RecordPrinter(&schema, *type, secrets).print(record, json).has_value();
    if (printed) CHECK(nlohmann::json::accept(text.text()), text.text());
  }
  return printed;
}

constexpr std::uint64_t kRmTransaction = capnp::typeId<schema::rm::Transaction>();

}  // namespace

bool run_schema(Bytes input) {
  static const testing::RecordBytes night = testing::make_full_night();
  const ExactBytes bytes(input);
  const auto schema = CompiledSchema::load(bytes.bytes());
  if (!schema) return false;
  const bool nights = print(**schema, testing::kNightType, night.bytes());
  const bool transactions = print(**schema, kRmTransaction, night.bytes());
  return nights || transactions;
}

bool run_record(Bytes input) {
  static const CompiledSchema& observatory = sound_schema(testing::observatory_schema());
  static const CompiledSchema& resource_manager = sound_schema(rm_schema());
  const ExactBytes bytes(input);
  const bool night = print(observatory, testing::kNightType, bytes.bytes());
  const bool transaction = print(resource_manager, kRmTransaction, bytes.bytes());
  return night || transaction;
}

bool run_operations(Bytes input) {
  const ExactBytes bytes(input);
  TransactionDecoder decoder;
  return !decoder.decode(bytes.bytes());
}

}  // namespace varve::fuzz
