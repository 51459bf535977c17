#include "tools/control_printer.h"

#include <fmt/format.h>

#include "base/check.h"
#include "base/uuid.h"
#include "editlog/control.h"

namespace varve {

namespace {

void print(const Configuration& configuration, JsonWriter& json) {
  json.begin_object();
  json.field("txid", configuration.txid.value);
  json.field("min_copies", configuration.min_copies);
  json.key("members");
  json.begin_array();
  for (const Member& member : configuration.members) {
    json.begin_object();
    json.field("disk", to_hex(member.disk));
    json.field("address", member.address);
    json.field("role", to_string(member.role));
    json.end_object();
  }
  json.end_array();
  json.end_object();
}

void print(const SegmentStart& start, JsonWriter& json) {
  json.begin_object();
  json.field("schema_name", start.schema_name);
  json.field("schema_bytes", start.schema.size());
  json.field("transaction_type", fmt::format("{:#018x}", start.transaction_type));
  json.key("configuration");
  print(start.configuration, json);
  json.end_object();
}

void print(const EpochStart& start, JsonWriter& json) {
  json.begin_object();
  json.field("writer", to_hex(start.writer));
  json.field("name", start.name);
  json.field("host", start.host);
  json.end_object();
}

template <typename T>
void print_or_bytes(const Result<T>& decoded, Bytes transaction, JsonWriter& json) {
  if (decoded) {
    print(*decoded, json);
  } else {
    json.hex(transaction);
  }
}

}  // namespace

std::string_view kind_name(FrameKind kind) {
  switch (kind) {
    case FrameKind::kData:
      return "data";
    case FrameKind::kSegmentStart:
      return "segment_start";
    case FrameKind::kEpochStart:
      return "epoch_start";
    case FrameKind::kConfiguration:
      return "configuration";
  }
  return "unknown";
}

void print_control(FrameKind kind, Bytes transaction, JsonWriter& json) {
  switch (kind) {
    case FrameKind::kSegmentStart:
      return print_or_bytes(decode_segment_start(transaction), transaction, json);
    case FrameKind::kEpochStart:
      return print_or_bytes(decode_epoch_start(transaction), transaction, json);
    case FrameKind::kConfiguration:
      return print_or_bytes(decode_configuration(transaction), transaction, json);
    case FrameKind::kData:
      break;
  }
  CHECK(false, "data is no control transaction");
}

}  // namespace varve
