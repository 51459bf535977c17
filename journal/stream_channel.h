// Messages (stream_head.h) over one connection.
//
// Owns:    the stream; the receiving buffer, whose memory received messages share: frames are not copied between socket and disk.
// Threads: the event loop's.
// Errors:  receive(): kClosed when the peer has closed or the connection broke; kDamaged, kTooLarge for what is no message. Either way
//          the channel is of no more use. Sending never fails by itself: the peer is gone, and receive() says so.
// Bounds:  no length is believed before the head's digest holds and it is within ChannelLimits; memory grows only as bytes arrive.
#pragma once

#include <kj/async-io.h>
#include <kj/vector.h>

#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "base/buffer_cache.h"
#include "base/task.h"
#include "base/tasks.h"
#include "editlog/frame.h"
#include "journal/stream_head.h"
#include "varve/error.h"

namespace varve {

struct ChannelLimits {
  std::uint64_t frames_bytes_max = kBodyBytesLimit + 2 * kBlockBytesMax;  // of one message's frames
  std::uint64_t control_bytes_max = 1u << 20;
};

struct StreamMessage {
  StreamHead head;
  Bytes payload;  // whole sectors, aligned to a sector
  std::shared_ptr<const void> keep;

  Bytes control() const { return payload.first(head.control_bytes); }
};

class StreamChannel {
 public:
  // `peer` is for error texts.
  StreamChannel(kj::Own<kj::AsyncIoStream> stream, std::string peer, ChannelLimits limits = {});
  ~StreamChannel() noexcept(false);
  KJ_DISALLOW_COPY(StreamChannel);

  const std::string& peer() const { return peer_; }

  // Of what is received from now on.
  void set_limits(ChannelLimits limits) { limits_ = limits; }

  // The next message. One call at a time.
  Task<Result<StreamMessage>> receive();
  // True when receive() would give a message without waiting.
  bool has_message() const;
  // True when receive() waits for the rest of a message of which something has come.
  bool is_in_message() const { return receiving_ && (in_payload_ || have() > 0); }
  // Bytes received, and sent bytes that the system has taken, since the beginning.
  std::uint64_t bytes_moved() const { return bytes_moved_; }

  // Queued; what is queued in one turn of the loop goes out with one system call, but a large message at once. `number`, `kind`, `epoch`,
  // the position and so on are the caller's; payload and digest fields are filled in here.
  void send(StreamHead head, std::string control = {});
  void send(StreamHead head, std::vector<FramePtr> frames);
  void send_bytes(StreamHead head, std::vector<Bytes> pieces, std::vector<std::shared_ptr<const void>> keep);
  // Bytes queued and not yet taken by the system.
  std::uint64_t unsent_bytes() const { return unsent_bytes_; }
  // Resolves when at most `bytes` are unsent, or the connection is broken.
  kj::Promise<void> when_unsent_below(std::uint64_t bytes);

 private:
  struct Outgoing {
    std::unique_ptr<StreamHead> head;
    std::vector<Bytes> pieces;
    std::vector<std::shared_ptr<const void>> keep;
    std::string control;
    std::uint64_t bytes = 0;
  };
  struct Waiting {
    std::uint64_t bytes;
    kj::Own<kj::PromiseFulfiller<void>> fulfiller;
  };

  Task<Result<void>> fill(std::uint64_t bytes);
  Task<Result<std::size_t>> read_some(MutableBytes out, std::size_t least);
  void make_room(std::uint64_t bytes);
  std::size_t have() const { return end_ - begin_; }
  void enqueue(Outgoing outgoing);
  Task<void> write_queued();
  Task<bool> write_all(kj::Array<kj::ArrayPtr<const kj::byte>> pieces);
  void tell_waiting();

  kj::Own<kj::AsyncIoStream> stream_;
  std::string peer_;
  ChannelLimits limits_;
  std::size_t buffer_bytes_;  // of the next buffer, at least
  const std::shared_ptr<BufferCache> buffers_;
  std::shared_ptr<AlignedBuffer> buffer_;
  std::size_t begin_ = 0;  // received and not yet given out: begin_ .. end_
  std::size_t end_ = 0;
  bool receiving_ = false;
  bool in_payload_ = false;
  std::uint64_t bytes_moved_ = 0;
  std::deque<Outgoing> queue_;
  std::uint64_t unsent_bytes_ = 0;
  bool writing_ = false;
  bool broken_ = false;  // for sending
  std::vector<Waiting> waiting_;
  Tasks tasks_;  // destroyed first
};

}  // namespace varve
