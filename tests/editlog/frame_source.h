// Seals frames one behind the other, as a writer does, with transactions made from their size and txid alone.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "base/result.h"
#include "editlog/control.h"
#include "editlog/frame.h"
#include "editlog/segment_format.h"

namespace varve {

inline constexpr Uuid kTestNamespace{0x1122334455667788, 0x99aabbccddeeff00};
inline constexpr Uuid kOtherNamespace{0x0102030405060708, 0x1112131415161718};

class FrameSource {
 public:
  explicit FrameSource(LogPosition start = {}, Uuid namespace_id = kTestNamespace, std::uint64_t lineage = 3)
      : end_(start), committed_(start.txid), namespace_id_(namespace_id), lineage_(lineage) {}

  // Of a segment that begins with the next frame.
  SegmentHeader header() const { return make_segment_header(namespace_id_, lineage_, end_.txid.next(), end_.digest); }

  FramePtr segment_start() { return seal(FrameKind::kSegmentStart, true, {encode(SegmentStart{.schema_name = "test"})}); }
  FramePtr epoch_start() {
    end_.epoch = Epoch{end_.epoch.value + 1};
    return seal(FrameKind::kEpochStart, false, {encode(EpochStart{.writer = {1, 2}, .name = "writer", .host = "host"})});
  }
  // One data frame with transactions of these sizes.
  FramePtr data(const std::vector<std::size_t>& sizes) {
    std::vector<std::string> transactions;
    for (std::size_t size : sizes) transactions.push_back(transaction(end_.txid.value + transactions.size() + 1, size));
    return seal(FrameKind::kData, false, transactions);
  }
  FramePtr texts(const std::vector<std::string>& transactions) { return seal(FrameKind::kData, false, transactions); }
  FramePtr seal(FrameKind kind, bool roll, const std::vector<std::string>& transactions) {
    std::uint64_t space = 0;
    for (const auto& transaction : transactions) space += transaction_space(transaction.size());
    FrameBuilder builder(space);
    for (const auto& transaction : transactions) builder.add(as_bytes(transaction));
    const FramePtr frame = std::move(builder).seal({.kind = kind,
                                                    .roll = roll,
                                                    .epoch = Epoch{std::max<std::uint64_t>(end_.epoch.value, 1)},
                                                    .first = end_.txid.next(),
                                                    .committed = committed_,
                                                    .wall_us = 1'700'000'000'000'000 + end_.txid.value,
                                                    .lineage = lineage_,
                                                    .namespace_id = namespace_id_,
                                                    .previous = end_.digest});
    if (!told_committed_) committed_ = end_.txid;
    end_ = frame->header().position();
    return frame;
  }

  // From now on frames say this and nothing above; else each says that the one before it is committed.
  void set_committed(TxId txid) {
    committed_ = txid;
    told_committed_ = true;
  }

  const LogPosition& end() const { return end_; }

  // What transaction `txid` of that size consists of.
  static std::string transaction(std::uint64_t txid, std::size_t size) {
    std::string bytes(size, '\0');
    for (std::size_t i = 0; i < size; ++i) bytes[i] = static_cast<char>((txid * 31 + i * 7 + i / 256) & 0xff);
    return bytes;
  }

 private:
  LogPosition end_;
  TxId committed_;
  bool told_committed_ = false;
  Uuid namespace_id_;
  std::uint64_t lineage_;
};

inline std::string bytes_of_frame(const FramePtr& frame) {
  return std::string(as_text(frame->bytes()));
}

// A changed copy of a frame, at the alignment that frames have.
class FrameCopy {
 public:
  explicit FrameCopy(const FramePtr& frame) : size_(frame->bytes().size()), buffer_(size_) {
    std::memcpy(buffer_.data(), frame->bytes().data(), size_);
  }
  FrameHeader& header() { return *reinterpret_cast<FrameHeader*>(buffer_.data()); }
  MutableBytes bytes() { return buffer_.span(0, size_); }
  MutableBytes padded_body() { return buffer_.span(sizeof(FrameHeader), size_ - sizeof(FrameHeader)); }
  // Makes digests hold again, as one who writes wrong frames on purpose.
  void reseal() {
    header().body = digest_of(padded_body());
    header().self = header().compute_self();
  }

 private:
  std::size_t size_;
  AlignedBuffer buffer_;
};

// The value, or a failed test with the error's text.
template <typename T>
T take(Result<T> result) {
  if (!result) {
    ADD_FAILURE() << to_string(result.error().code()) << ": " << result.error().text();
    throw std::runtime_error(result.error().text());
  }
  if constexpr (!std::is_void_v<T>) return std::move(*result);
}

}  // namespace varve
