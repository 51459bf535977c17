// Reads the frames of a log in order, across segments; every digest and the chain are verified before a byte is given out.
#pragma once

#include <kj/async.h>

#include <memory>
#include <vector>

#include "editlog/frame.h"
#include "varve/error.h"

namespace varve {

// A verified frame inside a block of memory that `keep` keeps alive.
struct FrameView {
  const FrameHeader* header = nullptr;
  Bytes body;  // without padding, 8-byte aligned
  std::shared_ptr<const void> keep;

  // The whole frame, with header and padding: the bytes that stand in every file and on the wire.
  Bytes bytes() const { return {reinterpret_cast<const std::byte*>(header), header->frame_bytes()}; }
  TransactionCursor transactions() const { return {body, header->first()}; }
};

class LogReader {
 public:
  virtual ~LogReader() noexcept(false) {}
  // The next frames, at least one, in order; an empty vector at the end of what may be seen now (call again later).
  // Errors: kDamaged with file, offset and txid; kNotFound when a purge overtook the reader.
  virtual kj::Promise<Result<std::vector<FrameView>>> next() = 0;
};

}  // namespace varve
