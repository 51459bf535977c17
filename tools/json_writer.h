// Writes JSON as it goes, so that a document may be larger than memory. Commas are the writer's business.
//
// Numbers: an integer beyond +-2^53 is written as a string of digits, because many readers would round it; NaN and infinities are
//          strings too.
// Text:    what is not UTF-8 is replaced by U+FFFD, byte by byte.
// Bytes:   strings of hexadecimal digits.
#pragma once

#include <cstdint>
#include <string_view>

#include "tools/output.h"
#include "varve/types.h"

namespace varve {

class JsonWriter {
 public:
  explicit JsonWriter(TextSink& sink) : sink_(sink) {}

  void begin_object() { open('{'); }
  void end_object() { close('}'); }
  void begin_array() { open('['); }
  void end_array() { close(']'); }
  void key(std::string_view name);

  void text(std::string_view value);
  void hex(Bytes value);
  void integer(std::int64_t value);
  void unsigned_integer(std::uint64_t value);
  void number(double value);
  void number(float value);
  void boolean(bool value) { token(value ? "true" : "false"); }
  void null() { token("null"); }

  // key() and the value.
  void field(std::string_view name, std::string_view value) { key(name), text(value); }
  void field(std::string_view name, std::uint64_t value) { key(name), unsigned_integer(value); }

  // Ends the line of a JSON line; the next value stands for itself.
  void end_line();

 private:
  void open(char bracket);
  void close(char bracket);
  void token(std::string_view token);
  void quoted(std::string_view value);

  TextSink& sink_;
  bool needs_comma_ = false;
};

}  // namespace varve
