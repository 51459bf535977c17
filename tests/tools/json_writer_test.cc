#include "tools/json_writer.h"

#include <gmock/gmock.h>

#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>

#include "base/bytes.h"

namespace varve {
namespace {

class JsonWriterTest : public ::testing::Test {
 protected:
  nlohmann::json parsed() const { return nlohmann::json::parse(sink_.text()); }

  StringSink sink_;
  JsonWriter json_{sink_};
};

TEST_F(JsonWriterTest, puts_commas_between_values_only) {
  json_.begin_object();
  json_.key("empty");
  json_.begin_array();
  json_.end_array();
  json_.key("list");
  json_.begin_array();
  json_.unsigned_integer(1);
  json_.begin_object();
  json_.end_object();
  json_.null();
  json_.boolean(true);
  json_.end_array();
  json_.field("last", "x");
  json_.end_object();
  json_.end_line();
  EXPECT_EQ(sink_.text(), "{\"empty\":[],\"list\":[1,{},null,true],\"last\":\"x\"}\n");
}

TEST_F(JsonWriterTest, starts_every_line_anew) {
  json_.unsigned_integer(1);
  json_.end_line();
  json_.unsigned_integer(2);
  EXPECT_EQ(sink_.text(), "1\n2");
}

TEST_F(JsonWriterTest, gives_back_every_character_of_ascii) {
  std::string all;
  for (char c = 0; c < 127; ++c) all += c;
  all += '\x7f';
  json_.text(all);
  EXPECT_EQ(parsed().get<std::string>(), all);
  for (char c : sink_.text()) EXPECT_GE(c, 0x20);
}

TEST_F(JsonWriterTest, gives_back_characters_of_every_length) {
  const std::string text = "\u0080\u07ff\u0800\ud7ff\ue000\uffff\U00010000\U0010ffff";
  json_.text(text);
  EXPECT_EQ(parsed().get<std::string>(), text);
}

TEST_F(JsonWriterTest, replaces_what_is_not_utf8_byte_by_byte) {
  for (const std::string bad : {"\x80", "\xc0\xaf", "\xc1\xbf", "\xe0\x80\x80", "\xed\xa0\x80", "\xf0\x80\x80\x80", "\xf4\x90\x80\x80",
                                "\xf5\x80\x80\x80", "\xff", "\xc3", "\xe2\x82", "\xf0\x9f\x98"}) {
    StringSink sink;
    JsonWriter json(sink);
    json.text("a" + bad + "z");
    std::string expected = "a";
    for (std::size_t i = 0; i < bad.size(); ++i) expected += "\ufffd";
    EXPECT_EQ(nlohmann::json::parse(sink.text()).get<std::string>(), expected + "z");
  }
}

TEST_F(JsonWriterTest, writes_integers_beyond_what_a_double_tells_apart_as_strings) {
  json_.begin_array();
  json_.unsigned_integer(1ull << 53);
  json_.unsigned_integer((1ull << 53) + 1);
  json_.unsigned_integer(std::numeric_limits<std::uint64_t>::max());
  json_.integer(-(1ll << 53));
  json_.integer(-(1ll << 53) - 1);
  json_.integer(std::numeric_limits<std::int64_t>::min());
  json_.end_array();
  EXPECT_EQ(
      sink_.text(),
      "[9007199254740992,\"9007199254740993\",\"18446744073709551615\",-9007199254740992,\"-9007199254740993\",\"-9223372036854775808\"]");
}

TEST_F(JsonWriterTest, writes_the_shortest_number_that_reads_back_the_same) {
  json_.begin_array();
  json_.number(0.1);
  json_.number(0.1f);
  json_.number(1e300);
  json_.number(-0.0);
  json_.number(std::numeric_limits<double>::denorm_min());
  json_.number(std::nan(""));
  json_.number(-std::numeric_limits<float>::infinity());
  json_.end_array();
  EXPECT_EQ(sink_.text(), "[0.1,0.1,1e+300,-0,5e-324,\"nan\",\"-inf\"]");
  EXPECT_TRUE(parsed().is_array());
}

TEST_F(JsonWriterTest, writes_bytes_as_digits_whatever_their_number) {
  std::string bytes;
  std::string digits;
  for (int i = 0; i < 3000; ++i) {
    bytes += static_cast<char>(i);
    constexpr char kDigits[] = "0123456789abcdef";
    digits += kDigits[(i >> 4) & 15];
    digits += kDigits[i & 15];
  }
  json_.hex(as_bytes(bytes));
  EXPECT_EQ(parsed().get<std::string>(), digits);
}

}  // namespace
}  // namespace varve
