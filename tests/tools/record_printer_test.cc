#include "tools/record_printer.h"

#include <capnp/schema.capnp.h>
#include <capnp/serialize.h>
#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include "tests/tools/observatory.h"

namespace varve {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using varve::testing::kNightType;
using varve::testing::make_full_night;
using varve::testing::make_night;
using varve::testing::observatory_schema;

class RecordPrinterTest : public ::testing::Test {
 protected:
  // The record's JSON, or what the printer says is wrong with it.
  std::string print(Bytes record, Secrets secrets = Secrets::kHide) const {
    StringSink sink;
    JsonWriter json(sink);
    const auto printed = RecordPrinter(schema_.get(), type_, secrets).print(record, json);
    return printed ? sink.text() : "error: " + printed.error().text();
  }
  nlohmann::json parse(Bytes record, Secrets secrets = Secrets::kHide) const { return nlohmann::json::parse(print(record, secrets)); }

  std::unique_ptr<CompiledSchema> schema_ = *CompiledSchema::load(as_bytes(observatory_schema()));
  capnp::StructSchema type_ = *schema_->struct_type(kNightType);
};

TEST_F(RecordPrinterTest, prints_every_kind_of_field_by_name) {
  const auto night = make_full_night();
  const auto json = parse(night.bytes(), Secrets::kShow);
  EXPECT_EQ(json["date"], "2024-02-29 \"leap\"\n");
  EXPECT_EQ(json["moon"], 0.25);
  EXPECT_EQ(json["clear"], false);
  EXPECT_EQ(json["exposures"][0]["seconds"], 0.1);
  EXPECT_EQ(json["exposures"][0]["filter"], "green");
  EXPECT_EQ(json["exposures"][0]["photons"], "18446744073709551615");
  EXPECT_EQ(json["exposures"][0]["shift"], "-9007199254740993");
  EXPECT_EQ(json["exposures"][0]["next"]["seconds"], 30.0);
  EXPECT_EQ(json["exposures"][1]["filter"], "red");
  EXPECT_EQ(json["dome"], (nlohmann::json{{"azimuth", -90}, {"open", true}}));
  EXPECT_EQ(json["counts"], (nlohmann::json{0, 0, 12}));
  EXPECT_EQ(json["raw"], "007fff");
  EXPECT_EQ(json["password"], "open sesame");
  EXPECT_EQ(json["key"], "deadbeef");
  EXPECT_EQ(json["pin"], 4711);
}

TEST_F(RecordPrinterTest, hides_secrets_of_every_type) {
  const auto night = make_full_night();
  const auto json = parse(night.bytes());
  EXPECT_EQ(json["password"], "<hidden, 11 bytes>");
  EXPECT_EQ(json["key"], "<hidden, 4 bytes>");
  EXPECT_EQ(json["pin"], "<hidden>");
  EXPECT_EQ(json["shelf"], "<hidden, 1 elements>");
  EXPECT_THAT(json["vault"].get<std::string>(), HasSubstr("<hidden, "));
  const std::string text = print(night.bytes());
  for (const char* secret : {"sesame", "deadbeef", "4711", "42424242", "swordfish"}) EXPECT_THAT(text, Not(HasSubstr(secret)));
}

TEST_F(RecordPrinterTest, leaves_out_pointers_that_are_not_set_and_prints_defaults_of_numbers) {
  const auto night = make_night([](capnp::DynamicStruct::Builder) {});
  EXPECT_EQ(print(night.bytes()), R"({"moon":0,"clear":true,"pin":"<hidden>","dome":{"azimuth":0,"open":false}})");
}

TEST_F(RecordPrinterTest, names_the_member_of_a_union_that_is_chosen) {
  const auto closed = make_night([](capnp::DynamicStruct::Builder night) { night.set("closed", capnp::VOID); });
  EXPECT_TRUE(parse(closed.bytes()).at("closed").is_null());
  const auto fault = make_night([](capnp::DynamicStruct::Builder night) { night.set("fault", "smoke"); });
  EXPECT_EQ(parse(fault.bytes()).at("fault"), "smoke");
  EXPECT_FALSE(parse(fault.bytes()).contains("dome"));
}

TEST_F(RecordPrinterTest, refuses_a_record_of_broken_words) {
  const auto night = make_full_night();
  EXPECT_THAT(print(night.bytes().first(night.bytes().size() - 1)), HasSubstr("not whole words"));
}

TEST_F(RecordPrinterTest, prints_json_or_says_in_one_line_why_not_for_every_flipped_byte_and_length) {
  auto night = make_full_night();
  for (std::size_t i = 0; i < night.bytes().size(); ++i) {
    for (unsigned flip : {0x01u, 0x10u, 0xffu}) {
      night.mutable_bytes()[i] ^= std::byte(flip);
      const std::string text = print(night.bytes());
      if (text.starts_with("error: ")) {
        EXPECT_EQ(text.find('\n'), std::string::npos) << text;
      } else {
        EXPECT_TRUE(nlohmann::json::accept(text)) << text;
      }
      night.mutable_bytes()[i] ^= std::byte(flip);
    }
    const std::string cut = print(night.bytes().first(i));
    EXPECT_TRUE(cut.starts_with("error: ") || nlohmann::json::accept(cut)) << cut;
  }
}

TEST_F(RecordPrinterTest, ends_at_a_record_that_contains_itself) {
  const auto night = make_night([](capnp::DynamicStruct::Builder builder) {
    auto exposure = builder.init("exposures", 1).as<capnp::DynamicList>()[0].as<capnp::DynamicStruct>();
    for (int i = 0; i < 80; ++i) exposure = exposure.init("next").as<capnp::DynamicStruct>();
  });
  EXPECT_THAT(print(night.bytes()), HasSubstr("error: "));
}

// A schema in which a group is made of groups of its own type.
TEST(RecordPrinter, ends_at_a_schema_that_goes_round_in_circles) {
  capnp::MallocMessageBuilder message;
  auto nodes = message.initRoot<capnp::schema::CodeGeneratorRequest>().initNodes(2);
  for (unsigned n = 0; n < 2; ++n) {
    auto node = nodes[n];
    node.setId(0x9000000000000001 + n);
    node.setDisplayName(n == 0 ? "x:Outer" : "x:Outer.inner");
    node.setDisplayNamePrefixLength(2);
    node.setScopeId(n == 0 ? 0 : 0x9000000000000001);
    auto type = node.initStruct();
    type.setIsGroup(n == 1);
    auto fields = type.initFields(4);
    for (unsigned f = 0; f < 4; ++f) {
      fields[f].setName(kj::str("g", f));
      fields[f].setCodeOrder(f);
      fields[f].setDiscriminantValue(capnp::schema::Field::NO_DISCRIMINANT);
      fields[f].initGroup().setTypeId(0x9000000000000002);
    }
  }
  const auto flat = capnp::messageToFlatArray(message);
  const auto schema = CompiledSchema::load(std::as_bytes(std::span(flat.begin(), flat.size())));
  ASSERT_TRUE(schema.has_value()) << schema.error().text();
  const auto type = (*schema)->struct_type(0x9000000000000001);
  ASSERT_TRUE(type.has_value());
  NullSink nowhere;
  JsonWriter json(nowhere);
  alignas(8) const std::byte record[16] = {};
  const auto printed = RecordPrinter(schema->get(), *type, Secrets::kHide).print(record, json);
  ASSERT_FALSE(printed.has_value());
  EXPECT_EQ(printed.error().text().find('\n'), std::string::npos);
}

}  // namespace
}  // namespace varve
