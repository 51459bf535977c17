#include "tools/compiled_schema.h"

#include <gmock/gmock.h>

#include "base/bytes.h"
#include "tests/tools/observatory.h"
#include "tools/record_printer.h"

namespace varve {
namespace {

using ::testing::HasSubstr;
using varve::testing::kNightType;
using varve::testing::make_full_night;
using varve::testing::observatory_schema;

TEST(CompiledSchema, finds_a_type_by_its_id) {
  const auto schema = CompiledSchema::load(as_bytes(observatory_schema()));
  ASSERT_TRUE(schema.has_value()) << schema.error().text();
  const auto type = (*schema)->struct_type(kNightType);
  ASSERT_TRUE(type.has_value()) << type.error().text();
  EXPECT_EQ((*schema)->is_secret(type->getFieldByName("password")), true);
  EXPECT_EQ((*schema)->is_secret(type->getFieldByName("date")), false);
}

TEST(CompiledSchema, says_which_type_it_does_not_have) {
  const auto schema = CompiledSchema::load(as_bytes(observatory_schema()));
  EXPECT_THAT((*schema)->struct_type(0x1234).error().text(), HasSubstr("no type 0x0000000000001234"));
  EXPECT_THAT((*schema)->struct_type(0xf5c7d9e1a3b46803).error().text(), HasSubstr("not a struct"));
}

TEST(CompiledSchema, refuses_what_is_no_schema_in_one_line) {
  const std::string absurd_segments("\xff\xff\xff\xff\0\0\0\0", 8);
  const std::string absurd_length("\0\0\0\0\xff\xff\xff\xff", 8);
  for (const std::string& bytes : {std::string(), std::string(7, 'x'), std::string(64, 'x'), absurd_segments, absurd_length}) {
    const auto schema = CompiledSchema::load(as_bytes(bytes));
    ASSERT_FALSE(schema.has_value());
    EXPECT_EQ(schema.error().code(), ErrorCode::kDamaged);
    EXPECT_EQ(schema.error().text().find('\n'), std::string::npos);
  }
}

TEST(CompiledSchema, refuses_one_above_its_bound) {
  const std::string large(kCompiledSchemaBytesMax + 8, '\0');
  EXPECT_EQ(CompiledSchema::load(as_bytes(large)).error().code(), ErrorCode::kTooLarge);
}

// Loads the schema and prints a record by it: whatever comes out, it ends, and an error is one line.
void try_out(const std::string& bytes) {
  const auto schema = CompiledSchema::load(as_bytes(bytes));
  if (!schema) {
    ASSERT_EQ(schema.error().text().find('\n'), std::string::npos);
    return;
  }
  const auto type = (*schema)->struct_type(kNightType);
  if (!type) return;
  static const auto night = make_full_night();
  NullSink nowhere;
  JsonWriter json(nowhere);
  const auto printed = RecordPrinter(schema->get(), *type, Secrets::kHide).print(night.bytes(), json);
  if (!printed) {
    ASSERT_EQ(printed.error().text().find('\n'), std::string::npos);
  }
}

TEST(CompiledSchema, survives_every_flipped_byte) {
  for (std::size_t i = 0; i < observatory_schema().size(); ++i) {
    for (unsigned char flip : {0x01, 0x80, 0xff}) {
      std::string bytes = observatory_schema();
      bytes[i] = static_cast<char>(bytes[i] ^ flip);
      try_out(bytes);
    }
  }
}

TEST(CompiledSchema, survives_every_length) {
  for (std::size_t length = 0; length < observatory_schema().size(); ++length) try_out(observatory_schema().substr(0, length));
}

}  // namespace
}  // namespace varve
