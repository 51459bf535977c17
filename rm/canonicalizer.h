// Makes records of Cap'n Proto structs: in canonical form, so that equal values have equal bytes whoever wrote them.
#pragma once

#include <capnp/message.h>
#include <capnp/serialize.h>

#include <array>
#include <memory>

#include "base/bytes.h"
#include "rm/record.h"

namespace varve {

class Canonicalizer {
 public:
  // Throws kj::Exception when the struct's bytes are malformed.
  template <typename T>
  Record::Ptr record_of(typename T::Reader reader, Generation born) {
    {
      capnp::MallocMessageBuilder message(scratch_);  // zeroes what it used of the scratch when it goes
      message.getRoot<capnp::AnyPointer>().template setCanonicalAs<T>(reader);
      const auto segments = message.getSegmentsForOutput();
      if (segments.size() == 1) return Record::make(as_record(segments[0]), born);
    }
    return Record::make(as_record(capnp::canonicalize(reader)), born);  // larger than the scratch
  }

 private:
  static constexpr std::size_t kScratchWords = 4096;

  static Bytes as_record(kj::ArrayPtr<const capnp::word> words) { return std::as_bytes(std::span(words.begin(), words.size())); }

  std::unique_ptr<capnp::word[]> memory_ = std::make_unique<capnp::word[]>(kScratchWords);
  kj::ArrayPtr<capnp::word> scratch_ = kj::arrayPtr(memory_.get(), kScratchWords);
};

// Reads a message of one segment without a segment table where it stands. Precondition: 8-byte aligned, a whole number of words.
class SegmentReader {
 public:
  // `words_read_max`: what may be read in all, following pointers, before it is taken for an attack.
  SegmentReader(Bytes bytes, std::uint64_t words_read_max)
      : segment_{kj::arrayPtr(reinterpret_cast<const capnp::word*>(bytes.data()), bytes.size() / sizeof(capnp::word))},
        message_(kj::arrayPtr(segment_, 1), options(words_read_max)) {}

  template <typename T>
  typename T::Reader root() {
    return message_.getRoot<T>();
  }

 private:
  static capnp::ReaderOptions options(std::uint64_t words_read_max) {
    capnp::ReaderOptions options;
    options.traversalLimitInWords = words_read_max;
    options.nestingLimit = 16;
    return options;
  }

  kj::ArrayPtr<const capnp::word> segment_[1];
  capnp::SegmentArrayMessageReader message_;
};

}  // namespace varve
