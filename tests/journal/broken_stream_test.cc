#include "journal/stream_channel.h"

#include <gtest/gtest.h>

#include "base/sim/sim_world.h"
#include "journal/node_connection.h"

namespace varve {
namespace {

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wnon-virtual-dtor"  // kj::AsyncIoStream has no virtual destructor; kj::Own knows the class itself
// As a socket whose peer has reset it: every call throws at once.
class ResetStream final : public kj::AsyncIoStream {
 public:
  kj::Promise<size_t> tryRead(void*, size_t, size_t) override { broken(); }
  kj::Promise<void> write(const void*, size_t) override { broken(); }
  kj::Promise<void> write(kj::ArrayPtr<const kj::ArrayPtr<const kj::byte>>) override { broken(); }
  kj::Promise<void> whenWriteDisconnected() override { return kj::NEVER_DONE; }
  void shutdownWrite() override {}

 private:
  [[noreturn]] static void broken() { kj::throwFatalException(KJ_EXCEPTION(DISCONNECTED, "Connection reset by peer")); }
};
#pragma GCC diagnostic pop

TEST(BrokenStream, that_throws_at_once_is_a_closed_connection) {
  SimWorld world;
  StreamChannel channel(kj::heap<ResetStream>(), "n1");
  channel.send(control_head(StreamKind::kStored));
  world.run_ready();
  EXPECT_EQ(channel.unsent_bytes(), 0u);
  const auto received = world.wait(channel.receive());
  ASSERT_FALSE(received);
  EXPECT_EQ(received.error().code(), ErrorCode::kClosed);
}

}  // namespace
}  // namespace varve
