// One end of a connection that notes what is asked of it.
#pragma once

#include <kj/async-io.h>
#include <kj/debug.h>

#include <algorithm>
#include <memory>
#include <vector>

namespace varve {

struct StreamRecord {
  std::vector<std::vector<const void*>> writes;  // the pieces of each
  std::size_t bytes_written = 0;
  std::size_t room_max = 0;  // the largest buffer that was offered to a read
  bool reset = false;        // the connection was reset: each call throws before there is anything to wait for, as KJ's sockets do
};

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wnon-virtual-dtor"  // kj::AsyncIoStream has no virtual destructor; kj::Own knows what to destroy

class RecordingStream final : public kj::AsyncIoStream {
 public:
  RecordingStream(kj::Own<kj::AsyncIoStream> inner, std::shared_ptr<StreamRecord> record)
      : inner_(kj::mv(inner)), record_(std::move(record)) {}

  kj::Promise<std::size_t> tryRead(void* buffer, std::size_t least, std::size_t most) override {
    check_connection();
    record_->room_max = std::max(record_->room_max, most);
    return inner_->tryRead(buffer, least, most);
  }
  kj::Promise<void> write(const void* buffer, std::size_t size) override {
    check_connection();
    record_->writes.push_back({buffer});
    record_->bytes_written += size;
    return inner_->write(buffer, size);
  }
  kj::Promise<void> write(kj::ArrayPtr<const kj::ArrayPtr<const kj::byte>> pieces) override {
    check_connection();
    record_->writes.emplace_back();
    for (const auto& piece : pieces) {
      record_->writes.back().push_back(piece.begin());
      record_->bytes_written += piece.size();
    }
    return inner_->write(pieces);
  }
  kj::Promise<void> whenWriteDisconnected() override { return inner_->whenWriteDisconnected(); }
  void shutdownWrite() override { inner_->shutdownWrite(); }

 private:
  void check_connection() const {
    if (record_->reset) kj::throwFatalException(KJ_EXCEPTION(DISCONNECTED, "connection reset by peer"));
  }

  kj::Own<kj::AsyncIoStream> inner_;
  std::shared_ptr<StreamRecord> record_;
};

#pragma GCC diagnostic pop

}  // namespace varve
