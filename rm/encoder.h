// Encodes operations as one transaction of rm/rm.capnp: one segment without a segment table.
#pragma once

#include <capnp/message.h>

#include <span>

#include "varve/error.h"
#include "varve/rm_types.h"
#include "varve/types.h"

namespace varve {

class EncodedTransaction {
 public:
  explicit EncodedTransaction(std::span<const rm::Operation> operations);
  EncodedTransaction(const EncodedTransaction&) = delete;

  Bytes bytes() const { return bytes_; }

  // kTooLarge, naming the operation, when one of them is larger than that.
  Result<void> check_operation_size(std::size_t operation_bytes_max);

 private:
  static constexpr std::size_t kScratchWords = 256;

  capnp::word scratch_[kScratchWords] = {};
  capnp::MallocMessageBuilder message_{kj::arrayPtr(scratch_, kScratchWords)};
  kj::Array<capnp::word> joined_;  // of messages larger than the scratch
  std::span<const rm::Operation> operations_;
  Bytes bytes_;
};

}  // namespace varve
