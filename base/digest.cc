#include "base/digest.h"

#include <fmt/format.h>

// Here only: everything of xxHash is inlined, so that small frames pay for no call into a library.
#define XXH_INLINE_ALL
#include <xxhash.h>

namespace varve {

namespace {

Digest from_xxh(XXH128_hash_t hash) {
  return Digest{.low = hash.low64, .high = hash.high64};
}

}  // namespace

struct DigestStream::State {
  XXH3_state_t xxh;
};

Digest digest_of(Bytes bytes) {
  return from_xxh(XXH3_128bits(bytes.data(), bytes.size()));
}

DigestStream::DigestStream() : state_(std::make_unique<State>()) {
  reset();
}
DigestStream::~DigestStream() = default;
DigestStream::DigestStream(DigestStream&&) noexcept = default;
DigestStream& DigestStream::operator=(DigestStream&&) noexcept = default;

void DigestStream::reset() {
  XXH3_128bits_reset(&state_->xxh);
}
void DigestStream::add(Bytes bytes) {
  XXH3_128bits_update(&state_->xxh, bytes.data(), bytes.size());
}
Digest DigestStream::finish() const {
  return from_xxh(XXH3_128bits_digest(&state_->xxh));
}

std::string to_hex(Digest digest) {
  return fmt::format("{:016x}{:016x}", digest.high, digest.low);
}

}  // namespace varve
