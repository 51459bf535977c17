// Reads a Cap'n Proto message of one segment without a segment table where it stands.
#pragma once

#include <capnp/message.h>
#include <capnp/serialize.h>

#include "base/bytes.h"

namespace varve {

// Precondition: the bytes are 8-byte aligned and a whole number of words.
class SegmentReader {
 public:
  // `words_read_max`: what may be read in all, following pointers, before it is taken for an attack.
  SegmentReader(Bytes bytes, std::uint64_t words_read_max)
      : segment_{kj::arrayPtr(reinterpret_cast<const capnp::word*>(bytes.data()), bytes.size() / sizeof(capnp::word))},
        message_(kj::arrayPtr(segment_, 1), options(words_read_max)) {}

  // Throws kj::Exception, as the readers that come from it do, when the bytes are malformed.
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
