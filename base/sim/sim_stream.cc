#include "base/sim/sim_stream.h"

namespace varve {

SimStream::~SimStream() noexcept(false) {
  out_.close_writer();
  in_.close_reader();
}

kj::Promise<std::size_t> SimStream::tryRead(void* buffer, std::size_t min_bytes, std::size_t max_bytes) {
  return in_.read(buffer, min_bytes, max_bytes);
}

kj::Promise<void> SimStream::write(const void* buffer, std::size_t size) {
  return out_.write(std::string(static_cast<const char*>(buffer), size));
}

kj::Promise<void> SimStream::write(kj::ArrayPtr<const kj::ArrayPtr<const kj::byte>> pieces) {
  std::string bytes;
  for (auto piece : pieces) bytes.append(reinterpret_cast<const char*>(piece.begin()), piece.size());
  return out_.write(std::move(bytes));
}

}  // namespace varve
