#include "editlog/set_aside.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/bytes.h"
#include "base/result.h"
#include "editlog/frame.h"
#include "editlog/segment_names.h"

namespace varve {
namespace {

Task<Result<std::string>> free_name(Directory& directory, std::string name) {
  CO_ASSIGN_OR_RETURN(const auto names, co_await directory.list());
  std::string aside = name + std::string(kDamagedSuffix);
  for (int number = 2; std::ranges::find(names, aside) != names.end(); ++number)
    aside = fmt::format("{}{}.{}", name, kDamagedSuffix, number);
  co_return aside;
}

Task<Result<void>> copy_bytes(File& from, File& to) {
  AlignedBuffer block(kBlockBytesMax);
  for (std::uint64_t offset = 0;; offset += kBlockBytesMax) {
    CO_ASSIGN_OR_RETURN(const std::size_t got, co_await from.read(offset, block.span(0, kBlockBytesMax)));
    if (got > 0) {
      std::vector<Bytes> pieces{std::as_const(block).span(0, got)};
      CO_TRY(co_await to.write(offset, std::move(pieces)));
    }
    if (got < kBlockBytesMax) break;
  }
  co_return co_await to.sync();
}

Task<Result<void>> copy_file(Directory& directory, std::string name, std::string copy) {
  const std::string temporary = copy + std::string(kTemporarySuffix);
  auto removed = co_await directory.remove(temporary);
  if (!removed && removed.error().code() != ErrorCode::kNotFound) co_return removed;
  CO_ASSIGN_OR_RETURN(kj::Own<File> from, co_await directory.open(name, {}));
  CO_ASSIGN_OR_RETURN(kj::Own<File> to, co_await directory.create(temporary));
  CO_TRY(co_await copy_bytes(*from, *to));
  CO_TRY(co_await directory.rename(temporary, copy));
  co_return co_await directory.sync();
}

}  // namespace

Task<Result<void>> set_aside(Directory& directory, std::string name) {
  CO_ASSIGN_OR_RETURN(const std::string aside, co_await free_name(directory, name));
  auto renamed = co_await directory.rename(name, aside);
  if (!renamed && renamed.error().code() == ErrorCode::kNotFound) co_return ok();
  co_return renamed;
}

Task<Result<void>> copy_aside(Directory& directory, std::string name) {
  CO_ASSIGN_OR_RETURN(std::string aside, co_await free_name(directory, name));
  co_return co_await copy_file(directory, std::move(name), std::move(aside));
}

Task<Result<void>> write_anew(Directory& directory, std::string name) {
  std::string same = name;
  return copy_file(directory, std::move(name), std::move(same));
}

}  // namespace varve
