// Records of observatory.capnp, made through its compiled form alone.
#pragma once

#include <capnp/dynamic.h>
#include <capnp/message.h>

#include <cstring>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "tools/compiled_schema.h"

namespace varve::testing {

inline constexpr std::uint64_t kNightType = 0xd3a5b7c9e1f24681;

std::string read_file(const std::string& path);

// As `capnp compile -o-` wrote it.
const std::string& observatory_schema();

// A record's bytes, 8-byte aligned.
class RecordBytes {
 public:
  explicit RecordBytes(kj::ArrayPtr<const capnp::word> words) : words_(kj::heapArray<capnp::word>(words.size())) {
    std::memcpy(words_.begin(), words.begin(), words.asBytes().size());
  }
  Bytes bytes() const { return std::as_bytes(std::span(words_.begin(), words_.size())); }
  MutableBytes mutable_bytes() { return std::as_writable_bytes(std::span(words_.begin(), words_.size())); }

 private:
  kj::Array<capnp::word> words_;
};

RecordBytes make_night(const std::function<void(capnp::DynamicStruct::Builder)>& fill);
// One with every field set.
RecordBytes make_full_night();
// One that takes several sectors.
RecordBytes make_long_night();

}  // namespace varve::testing
