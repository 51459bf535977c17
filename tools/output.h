// Where text goes: standard output, memory, or nowhere.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "varve/error.h"

namespace varve {

class TextSink {
 public:
  virtual ~TextSink() = default;
  virtual void write(std::string_view text) = 0;
};

class StringSink final : public TextSink {
 public:
  void write(std::string_view text) override { text_ += text; }
  const std::string& text() const { return text_; }
  void clear() { text_.clear(); }

 private:
  std::string text_;
};

// For finding out whether something can be printed at all.
class NullSink final : public TextSink {
 public:
  void write(std::string_view) override {}
};

// Standard output (or error), in large writes.
// Errors: a reader that has gone (EPIPE) is an expected end: closed() turns true and what follows is dropped. Any other error is
//         kept for finish() and counts as closed too.
class StandardOutput final : public TextSink {
 public:
  explicit StandardOutput(int descriptor) : descriptor_(descriptor) {}
  ~StandardOutput() override { flush(); }

  void write(std::string_view text) override;
  void flush();
  // Nobody reads any more: whoever prints much may stop.
  bool closed() const { return closed_; }
  bool is_terminal() const;
  // Writes out what is left; the error, unless it is that the reader has gone.
  Result<void> finish();

 private:
  int descriptor_;
  std::string buffer_;
  bool closed_ = false;
  int error_ = 0;
};

}  // namespace varve
