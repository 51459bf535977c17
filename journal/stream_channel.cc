#include "journal/stream_channel.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/check.h"
#include "base/digest.h"
#include "base/result.h"

namespace varve {
namespace {

constexpr std::size_t kBufferBytes = 32u << 10;    // of a connection that is not busy
constexpr std::size_t kBufferBytesMax = 1u << 20;  // read ahead of a busy one
constexpr std::size_t kKeptBytesMax = 3u << 20;    // that nobody holds any more, of a busy one
constexpr std::size_t kAtOnceBytes = 64u << 10;    // sent without waiting for more in the same turn
constexpr std::size_t kReadBytesMax = 1u << 20;    // of a payload, waited for at once, so that a slow connection is seen to move
constexpr std::byte kZeros[kSectorBytes] = {};

// True while it lives.
class Flag {
 public:
  explicit Flag(bool& flag) : flag_(flag) { flag_ = true; }
  Flag(const Flag&) = delete;
  ~Flag() { flag_ = false; }

 private:
  bool& flag_;
};

kj::ArrayPtr<const kj::byte> to_kj(Bytes bytes) {
  return {reinterpret_cast<const kj::byte*>(bytes.data()), bytes.size()};
}

}  // namespace

StreamChannel::StreamChannel(kj::Own<kj::AsyncIoStream> stream, std::string peer, ChannelLimits limits)
    : stream_(kj::mv(stream)),
      peer_(std::move(peer)),
      limits_(limits),
      buffer_bytes_(kBufferBytes),
      buffers_(std::make_shared<BufferCache>(kKeptBytesMax)),
      buffer_(std::make_shared<AlignedBuffer>(kBufferBytes)) {}

StreamChannel::~StreamChannel() noexcept(false) {}

bool StreamChannel::has_message() const {
  if (have() < kSectorBytes) return false;
  const auto head = load_as<StreamHead>(std::as_const(*buffer_).span(begin_, kSectorBytes));
  return have() - kSectorBytes >= head.payload_bytes || head_defect(head).has_value();
}

Task<Result<StreamMessage>> StreamChannel::receive() {
  const Flag receiving(receiving_);
  CO_TRY(co_await fill(kSectorBytes));
  StreamMessage message;
  message.head = load_as<StreamHead>(std::as_const(*buffer_).span(begin_, kSectorBytes));
  if (const auto defect = head_defect(message.head)) co_return fail(ErrorCode::kDamaged, fmt::format("from {}: {}", peer_, *defect));
  const std::uint64_t limit = message.head.control_bytes > 0 ? limits_.control_bytes_max : limits_.frames_bytes_max;
  if (message.head.payload_bytes > limit)
    co_return fail(ErrorCode::kTooLarge,
                   fmt::format("from {}: a message of {} bytes; at most {} are taken", peer_, message.head.payload_bytes, limit));
  begin_ += kSectorBytes;
  const Flag in_payload(in_payload_);
  CO_TRY(co_await fill(message.head.payload_bytes));
  message.payload = std::as_const(*buffer_).span(begin_, message.head.payload_bytes);
  message.keep = buffer_;
  begin_ += message.head.payload_bytes;
  if (message.head.control_bytes > 0 && digest_of(message.control()) != message.head.control)
    co_return fail(ErrorCode::kDamaged, fmt::format("from {}: the control message's digest does not hold", peer_));
  co_return message;
}

// Afterwards so many bytes stand in the buffer behind begin_, in one piece.
Task<Result<void>> StreamChannel::fill(std::uint64_t bytes) {
  while (have() < bytes) {
    make_room(bytes);
    const std::size_t room = buffer_->capacity() - end_;
    const std::size_t least = in_payload_ ? std::min({static_cast<std::size_t>(bytes - have()), room, kReadBytesMax}) : 1;
    CO_ASSIGN_OR_RETURN(const std::size_t got, co_await read_some(buffer_->span(end_, room), least));
    bytes_moved_ += got;
    if (got < least) {
      const bool between = have() + got == 0;
      co_return fail(ErrorCode::kClosed, fmt::format("{} closed the connection{}", peer_, between ? "" : " in the middle of a message"));
    }
    end_ += got;
  }
  co_return ok();
}

// The buffer is used again from its start when nobody holds a message in it; else the rest of it, and then a new one. A message that is
// larger than a buffer gets one step by step, as its bytes come.
void StreamChannel::make_room(std::uint64_t bytes) {
  if (have() == 0 && buffer_.use_count() == 1) begin_ = end_ = 0;
  if (begin_ + bytes <= buffer_->capacity()) return;
  const std::uint64_t wanted = std::min<std::uint64_t>(bytes, std::max(2 * have(), kBufferBytesMax));
  if (begin_ == 0 && end_ < buffer_->capacity() && wanted <= buffer_->capacity()) return;
  buffer_bytes_ = std::min(2 * buffer_bytes_, kBufferBytesMax);
  auto next = buffers_->take(std::max<std::size_t>(wanted, buffer_bytes_));
  std::memcpy(next->data(), buffer_->data() + begin_, have());
  end_ = have();
  begin_ = 0;
  buffer_ = std::move(next);
}

Task<Result<std::size_t>> StreamChannel::read_some(MutableBytes out, std::size_t least) {
  std::optional<std::size_t> got;
  try {  // the call itself throws too, when the connection is broken already
    kj::Promise<std::size_t> reading = stream_->tryRead(out.data(), least, out.size());
    got = co_await kj::mv(reading);
  } catch (const kj::Exception& exception) {
    (void)exception;
  }
  if (!got) co_return fail(ErrorCode::kClosed, fmt::format("the connection to {} broke", peer_));
  co_return *got;
}

void StreamChannel::send(StreamHead head, std::string control) {
  Outgoing outgoing;
  outgoing.head = std::make_unique<StreamHead>(head);
  outgoing.control = std::move(control);
  if (!outgoing.control.empty()) {
    CHECK(outgoing.control.size() % 8 == 0, outgoing.control.size());
    const Bytes bytes = as_bytes(outgoing.control);
    outgoing.head->control_bytes = bytes.size();
    outgoing.head->control = digest_of(bytes);
    outgoing.bytes = round_up(bytes.size(), kSectorBytes);
  }
  enqueue(std::move(outgoing));
}

void StreamChannel::send(StreamHead head, std::vector<FramePtr> frames) {
  std::vector<Bytes> pieces;
  std::vector<std::shared_ptr<const void>> keep;
  for (FramePtr& frame : frames) {
    pieces.push_back(frame->bytes());
    keep.push_back(std::move(frame));
  }
  send_bytes(head, std::move(pieces), std::move(keep));
}

void StreamChannel::send_bytes(StreamHead head, std::vector<Bytes> pieces, std::vector<std::shared_ptr<const void>> keep) {
  Outgoing outgoing;
  outgoing.head = std::make_unique<StreamHead>(head);
  for (Bytes piece : pieces) outgoing.bytes += piece.size();
  outgoing.pieces = std::move(pieces);
  outgoing.keep = std::move(keep);
  enqueue(std::move(outgoing));
}

void StreamChannel::enqueue(Outgoing outgoing) {
  if (broken_) return;
  outgoing.head->payload_bytes = outgoing.bytes;
  outgoing.head->self = outgoing.head->compute_self();
  unsent_bytes_ += kSectorBytes + outgoing.bytes;
  queue_.push_back(std::move(outgoing));
  if (writing_) return;
  writing_ = true;
  if (unsent_bytes_ >= kAtOnceBytes)
    tasks_.add(write_queued());
  else
    tasks_.add(kj::evalLast([this]() -> kj::Promise<void> { return write_queued(); }));
}

Task<void> StreamChannel::write_queued() {
  while (!queue_.empty() && !broken_) {
    std::deque<Outgoing> batch;
    batch.swap(queue_);
    kj::Vector<kj::ArrayPtr<const kj::byte>> pieces(3 * batch.size());
    std::uint64_t bytes = 0;
    for (const Outgoing& outgoing : batch) {
      pieces.add(to_kj(bytes_of(*outgoing.head)));
      for (Bytes piece : outgoing.pieces) pieces.add(to_kj(piece));
      if (!outgoing.control.empty()) {
        pieces.add(to_kj(as_bytes(outgoing.control)));
        if (const std::size_t padding = outgoing.bytes - outgoing.control.size(); padding > 0) pieces.add(to_kj(Bytes(kZeros, padding)));
      }
      bytes += kSectorBytes + outgoing.bytes;
    }
    const bool written = co_await write_all(pieces.releaseAsArray());
    unsent_bytes_ -= bytes;
    bytes_moved_ += bytes;
    if (!written) broken_ = true;
    tell_waiting();
  }
  if (broken_) {
    queue_.clear();
    unsent_bytes_ = 0;
    tell_waiting();
  }
  writing_ = false;
}

Task<bool> StreamChannel::write_all(kj::Array<kj::ArrayPtr<const kj::byte>> pieces) {
  bool written = false;
  try {  // as above
    kj::Promise<void> writing = stream_->write(pieces);
    co_await kj::mv(writing);
    written = true;
  } catch (const kj::Exception& exception) {
    (void)exception;
  }
  co_return written;
}

kj::Promise<void> StreamChannel::when_unsent_below(std::uint64_t bytes) {
  if (broken_ || unsent_bytes_ <= bytes) return kj::READY_NOW;
  auto paf = kj::newPromiseAndFulfiller<void>();
  waiting_.push_back({bytes, kj::mv(paf.fulfiller)});
  return kj::mv(paf.promise);
}

void StreamChannel::tell_waiting() {
  std::erase_if(waiting_, [this](Waiting& waiting) {
    if (!broken_ && unsent_bytes_ > waiting.bytes) return false;
    waiting.fulfiller->fulfill();
    return true;
  });
}

}  // namespace varve
