// One direction of a simulated connection, as TCP has it: bytes arrive in the order of their writing, or not at all.
//
// Owns:     what was sent and has not been read, at most the link's window; a write waits for room in it.
// Threads:  the event loop's.
// Stalled:  what is due is held, and delivered in order once the pipe is not stalled any more. A reader whose acknowledgements are
//           stalled makes no room.
// The dead: the writer's machine or process may go (what it sent still arrives), the reader's too (what arrives is lost).
#pragma once

#include <kj/async.h>
#include <kj/refcount.h>

#include <deque>
#include <string>

#include "base/sim/sim_route.h"
#include "base/tasks.h"

namespace varve {

class SimPipe final : public kj::Refcounted {
 public:
  SimPipe(SimRoute& route, std::uint64_t connection);
  // The connection's other direction; it lives as long.
  void set_reverse(SimPipe& reverse) { reverse_ = &reverse; }

  const SimRoute& route() const { return route_; }

  // --- The writer's end ---
  // Resolves when all is under way. Dropped before that, the rest is never sent. One at a time. DISCONNECTED when the pipe is broken.
  kj::Promise<void> write(std::string bytes);
  // Nothing more will be written.
  void end();
  // The writer's end is gone: as end(), and when the other side learns of it, it cannot write any more either.
  void close_writer();
  kj::Promise<void> when_broken();

  // --- The reader's end ---
  // As kj::AsyncInputStream::tryRead(). One at a time.
  kj::Promise<std::size_t> read(void* buffer, std::size_t min_bytes, std::size_t max_bytes);
  // What arrives from now on is lost.
  void close_reader();

  // --- What becomes of it ---
  // Loses what is under way; both ends learn of it now.
  void break_off();
  void set_stalled(bool stalled, bool acks_stalled);
  bool is_stalled() const { return stalled_; }
  bool holds_something() const;
  // Power failed at the writer's, at the reader's: that end never moves again.
  void freeze_writer() { writer_gone_ = true; }
  void freeze_reader() { reader_ = Reader::kOff; }
  // The reader's machine is back and knows nothing of this connection: whoever writes to it is told so.
  void reboot_reader();

 private:
  class Read;
  class Write;
  enum class Reader : std::uint8_t { kOpen, kClosed, kOff, kRebooted };
  enum class Kind : std::uint8_t { kBytes, kEnd, kClose, kReset };
  struct Packet {
    Kind kind;
    std::string bytes;
    std::chrono::nanoseconds arrival;
    bool held;
  };

  void send_what_fits(std::string& bytes);
  void send(Kind kind, std::string bytes);
  void deliver_due();
  void hold_due();
  void arrive(Packet packet);
  void arrive_at_open_end(Packet packet);
  void make_room(std::uint64_t bytes);
  void satisfy_reader();

  SimRoute& route_;
  std::uint64_t connection_;
  SimPipe* reverse_ = nullptr;
  std::chrono::nanoseconds last_arrival_{0};
  std::deque<Packet> under_way_;
  std::string arrived_;
  std::uint64_t window_used_ = 0;  // sent, and not known to be read
  std::uint64_t acks_held_ = 0;    // of these: read, but the writer does not know
  bool lost_something_ = false;    // at a reader without power
  bool writer_gone_ = false;
  bool ended_ = false;
  bool broken_ = false;
  bool stalled_ = false;
  bool acks_stalled_ = false;
  Reader reader_ = Reader::kOpen;
  Read* reading_ = nullptr;
  Write* writing_ = nullptr;
  kj::Own<kj::PromiseFulfiller<void>> broken_fulfiller_;
  kj::ForkedPromise<void> broken_promise_;
  Tasks arrivals_;
};

}  // namespace varve
