#include "tools/record_printer.h"

#include <capnp/message.h>
#include <fmt/format.h>

#include <algorithm>

#include "base/bytes.h"
#include "base/check.h"
#include "base/result.h"
#include "tools/kj_text.h"

namespace varve {

namespace {

constexpr unsigned kDepthMax = 64;

// How many values a record of this size may print. A schema can name groups within groups without end, and lists of nothing.
std::uint64_t values_max(std::size_t record_bytes) {
  return (64u << 10) + 64 * static_cast<std::uint64_t>(record_bytes);
}

// One pass over one record. Throws kj::Exception.
class ValuePrinter {
 public:
  ValuePrinter(const CompiledSchema* secrets_of, std::uint64_t values_left, JsonWriter& json)
      : secrets_of_(secrets_of), values_left_(values_left), json_(json) {}

  void print_struct(capnp::DynamicStruct::Reader value, unsigned depth);

 private:
  void print_field(capnp::DynamicStruct::Reader owner, capnp::StructSchema::Field field, unsigned depth);
  void print_value(capnp::DynamicValue::Reader value, capnp::Type type, unsigned depth);
  void print_list(capnp::DynamicList::Reader value, unsigned depth);
  void print_enum(capnp::DynamicEnum value);
  void print_hidden(capnp::DynamicValue::Reader value);
  void count(unsigned depth) {
    KJ_REQUIRE(depth < kDepthMax, "values are nested too deeply");
    KJ_REQUIRE(values_left_-- > 0, "more values than a record of its size can mean");
  }

  const CompiledSchema* secrets_of_;  // nullptr: nothing is hidden
  std::uint64_t values_left_;
  JsonWriter& json_;
};

bool is_in_union(capnp::StructSchema::Field field) {
  return field.getProto().getDiscriminantValue() != capnp::schema::Field::NO_DISCRIMINANT;
}

// False for a pointer that is not set; every other field has a value.
bool is_printed(capnp::DynamicStruct::Reader owner, capnp::StructSchema::Field field) {
  return field.getProto().isGroup() || owner.has(field, capnp::HasMode::NON_NULL);
}

void ValuePrinter::print_struct(capnp::DynamicStruct::Reader value, unsigned depth) {
  count(depth);
  json_.begin_object();
  for (auto field : value.getSchema().getNonUnionFields()) print_field(value, field, depth);
  KJ_IF_MAYBE (chosen, value.which()) {
    print_field(value, *chosen, depth);
  } else if (value.getSchema().getUnionFields().size() > 0) {
    json_.field("unknownUnionMember", "<this schema does not name it>");
  }
  json_.end_object();
}

void ValuePrinter::print_field(capnp::DynamicStruct::Reader owner, capnp::StructSchema::Field field, unsigned depth) {
  const bool chosen = is_in_union(field);
  if (!chosen && !is_printed(owner, field)) return;
  json_.key(view(field.getProto().getName()));
  if (chosen && !is_printed(owner, field)) {
    json_.null();  // which one it is says something too
    return;
  }
  if (secrets_of_ != nullptr && secrets_of_->is_secret(field)) {
    print_hidden(owner.get(field));
  } else {
    print_value(owner.get(field), field.getType(), depth + 1);
  }
}

void ValuePrinter::print_value(capnp::DynamicValue::Reader value, capnp::Type type, unsigned depth) {
  count(depth);
  switch (value.getType()) {
    case capnp::DynamicValue::VOID:
      json_.null();
      break;
    case capnp::DynamicValue::BOOL:
      json_.boolean(value.as<bool>());
      break;
    case capnp::DynamicValue::INT:
      json_.integer(value.as<std::int64_t>());
      break;
    case capnp::DynamicValue::UINT:
      json_.unsigned_integer(value.as<std::uint64_t>());
      break;
    case capnp::DynamicValue::FLOAT:
      type.isFloat32() ? json_.number(value.as<float>()) : json_.number(value.as<double>());
      break;
    case capnp::DynamicValue::TEXT:
      json_.text(view(value.as<capnp::Text>()));
      break;
    case capnp::DynamicValue::DATA:
      json_.hex(std::as_bytes(std::span(value.as<capnp::Data>().begin(), value.as<capnp::Data>().size())));
      break;
    case capnp::DynamicValue::LIST:
      print_list(value.as<capnp::DynamicList>(), depth);
      break;
    case capnp::DynamicValue::ENUM:
      print_enum(value.as<capnp::DynamicEnum>());
      break;
    case capnp::DynamicValue::STRUCT:
      print_struct(value.as<capnp::DynamicStruct>(), depth);
      break;
    case capnp::DynamicValue::CAPABILITY:
      json_.text("<capability>");
      break;
    case capnp::DynamicValue::ANY_POINTER:
      json_.text("<pointer of any type>");
      break;
    case capnp::DynamicValue::UNKNOWN:
      json_.text("<of a newer type>");
      break;
  }
}

void ValuePrinter::print_list(capnp::DynamicList::Reader value, unsigned depth) {
  const capnp::Type element = value.getSchema().getElementType();
  json_.begin_array();
  for (unsigned i = 0; i < value.size(); ++i) print_value(value[i], element, depth + 1);
  json_.end_array();
}

void ValuePrinter::print_enum(capnp::DynamicEnum value) {
  KJ_IF_MAYBE (known, value.getEnumerant()) {
    json_.text(view(known->getProto().getName()));
  } else {
    json_.unsigned_integer(value.getRaw());
  }
}

void ValuePrinter::print_hidden(capnp::DynamicValue::Reader value) {
  switch (value.getType()) {
    case capnp::DynamicValue::TEXT:
      json_.text(fmt::format("<hidden, {} bytes>", value.as<capnp::Text>().size()));
      break;
    case capnp::DynamicValue::DATA:
      json_.text(fmt::format("<hidden, {} bytes>", value.as<capnp::Data>().size()));
      break;
    case capnp::DynamicValue::STRUCT:
      json_.text(fmt::format("<hidden, {} bytes>", value.as<capnp::DynamicStruct>().totalSize().wordCount * sizeof(capnp::word)));
      break;
    case capnp::DynamicValue::LIST:
      json_.text(fmt::format("<hidden, {} elements>", value.as<capnp::DynamicList>().size()));
      break;
    default:
      json_.text("<hidden>");
      break;
  }
}

}  // namespace

Result<void> RecordPrinter::print(Bytes record, JsonWriter& json) const {
  CHECK(reinterpret_cast<std::uintptr_t>(record.data()) % sizeof(capnp::word) == 0);
  if (record.size() % sizeof(capnp::word) != 0)
    return fail(ErrorCode::kDamaged, fmt::format("a record of {} bytes is not whole words", record.size()));
  const kj::ArrayPtr<const capnp::word> words(reinterpret_cast<const capnp::word*>(record.data()), record.size() / sizeof(capnp::word));
  const kj::ArrayPtr<const capnp::word> segments[] = {words};
  try {
    capnp::SegmentArrayMessageReader message(segments, {.traversalLimitInWords = 8 * words.size() + 1024, .nestingLimit = kDepthMax});
    ValuePrinter printer(secrets_ == Secrets::kHide ? schema_ : nullptr, values_max(record.size()), json);
    printer.print_struct(message.getRoot<capnp::DynamicStruct>(type_), 0);
  } catch (const kj::Exception& error) {
    return fail(ErrorCode::kDamaged, one_line(error));
  }
  return ok();
}

void print_struct(capnp::DynamicStruct::Reader value, JsonWriter& json) {
  ValuePrinter(nullptr, values_max(value.totalSize().wordCount * sizeof(capnp::word)), json).print_struct(value, 0);
}

}  // namespace varve
