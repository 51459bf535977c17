// One end of a simulated connection. Its destructor ends what it sends; the other end can then write no more either.
#pragma once

#include <kj/async-io.h>

#include "base/sim/sim_connection.h"

namespace varve {

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wnon-virtual-dtor"  // kj::AsyncIoStream has no virtual destructor; kj::Own knows what to destroy

class SimStream final : public kj::AsyncIoStream {
 public:
  // The pipes are of `connection`.
  SimStream(kj::Own<SimConnection> connection, SimPipe& in, SimPipe& out) : connection_(kj::mv(connection)), in_(in), out_(out) {}
  ~SimStream() noexcept(false);

  kj::Promise<std::size_t> tryRead(void* buffer, std::size_t min_bytes, std::size_t max_bytes) override;
  kj::Promise<void> write(const void* buffer, std::size_t size) override;
  kj::Promise<void> write(kj::ArrayPtr<const kj::ArrayPtr<const kj::byte>> pieces) override;
  kj::Promise<void> whenWriteDisconnected() override { return out_.when_broken(); }
  void shutdownWrite() override { out_.end(); }

 private:
  kj::Own<SimConnection> connection_;
  SimPipe& in_;
  SimPipe& out_;
};

#pragma GCC diagnostic pop

}  // namespace varve
