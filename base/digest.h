// XXH3-128 as Varve stores it: the low 64 bits first, little-endian.
#pragma once

#include <memory>
#include <string>

#include "base/uuid.h"
#include "varve/types.h"

namespace varve {

Digest digest_of(Bytes bytes);

// The digest of bytes that come in pieces; the same as digest_of() of all of them.
class DigestStream {
 public:
  DigestStream();
  ~DigestStream();
  DigestStream(DigestStream&&) noexcept;
  DigestStream& operator=(DigestStream&&) noexcept;

  void reset();
  void add(Bytes bytes);
  Digest finish() const;  // of all added so far

 private:
  struct State;
  std::unique_ptr<State> state_;
};

std::string to_hex(Digest digest);  // 32 digits, the high half first

}  // namespace varve
