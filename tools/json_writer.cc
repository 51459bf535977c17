#include "tools/json_writer.h"

#include <array>
#include <charconv>
#include <cmath>

#include "tools/utf8.h"

namespace varve {

namespace {

constexpr std::uint64_t kExactMax = 1ull << 53;  // what a double still tells apart
constexpr char kHexDigits[] = "0123456789abcdef";

template <typename Number>
std::string_view digits_of(Number value, std::array<char, 64>& room) {
  const auto end = std::to_chars(room.data(), room.data() + room.size(), value).ptr;
  return {room.data(), static_cast<std::size_t>(end - room.data())};
}

// The short escape of a character that may not stand for itself, or 'u' for \u00XX, or 0.
char escape_of(char c) {
  switch (c) {
    case '"':
    case '\\':
      return c;
    case '\b':
      return 'b';
    case '\f':
      return 'f';
    case '\n':
      return 'n';
    case '\r':
      return 'r';
    case '\t':
      return 't';
    default:
      return static_cast<unsigned char>(c) < 0x20 || c == 0x7f ? 'u' : '\0';
  }
}

}  // namespace

void JsonWriter::open(char bracket) {
  token({&bracket, 1});
  needs_comma_ = false;
}

void JsonWriter::close(char bracket) {
  sink_.write({&bracket, 1});
  needs_comma_ = true;
}

void JsonWriter::token(std::string_view token) {
  if (needs_comma_) sink_.write(",");
  sink_.write(token);
  needs_comma_ = true;
}

void JsonWriter::key(std::string_view name) {
  text(name);
  sink_.write(":");
  needs_comma_ = false;
}

void JsonWriter::text(std::string_view value) {
  token("\"");
  quoted(value);
  sink_.write("\"");
}

void JsonWriter::quoted(std::string_view value) {
  while (!value.empty()) {
    std::size_t plain = 0;
    while (plain < value.size()) {
      const std::size_t length = utf8_length(value.substr(plain));
      if (length == 0 || (length == 1 && escape_of(value[plain]) != '\0')) break;
      plain += length;
    }
    sink_.write(value.substr(0, plain));
    value.remove_prefix(plain);
    if (value.empty()) return;
    const auto byte = static_cast<unsigned char>(value.front());
    const char escape = escape_of(value.front());
    if (utf8_length(value) == 0) {
      sink_.write("\\ufffd");
    } else if (escape == 'u') {
      const char code[] = {'\\', 'u', '0', '0', kHexDigits[byte >> 4], kHexDigits[byte & 15]};
      sink_.write({code, sizeof(code)});
    } else {
      const char code[] = {'\\', escape};
      sink_.write({code, sizeof(code)});
    }
    value.remove_prefix(1);
  }
}

void JsonWriter::hex(Bytes value) {
  token("\"");
  std::array<char, 1024> room;
  while (!value.empty()) {
    const Bytes part = value.first(std::min(value.size(), room.size() / 2));
    for (std::size_t i = 0; i < part.size(); ++i) {
      room[2 * i] = kHexDigits[std::to_integer<unsigned>(part[i]) >> 4];
      room[2 * i + 1] = kHexDigits[std::to_integer<unsigned>(part[i]) & 15];
    }
    sink_.write({room.data(), 2 * part.size()});
    value = value.subspan(part.size());
  }
  sink_.write("\"");
}

void JsonWriter::integer(std::int64_t value) {
  std::array<char, 64> room;
  const std::uint64_t size = value < 0 ? 0 - static_cast<std::uint64_t>(value) : static_cast<std::uint64_t>(value);
  const std::string_view digits = digits_of(value, room);
  size <= kExactMax ? token(digits) : text(digits);
}

void JsonWriter::unsigned_integer(std::uint64_t value) {
  std::array<char, 64> room;
  const std::string_view digits = digits_of(value, room);
  value <= kExactMax ? token(digits) : text(digits);
}

void JsonWriter::number(double value) {
  std::array<char, 64> room;
  std::isfinite(value) ? token(digits_of(value, room)) : text(digits_of(value, room));
}

void JsonWriter::number(float value) {
  std::array<char, 64> room;
  std::isfinite(value) ? token(digits_of(value, room)) : text(digits_of(value, room));
}

void JsonWriter::end_line() {
  sink_.write("\n");
  needs_comma_ = false;
}

}  // namespace varve
