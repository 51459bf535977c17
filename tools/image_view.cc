#include "tools/image_view.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/result.h"
#include "fsimage/image_names.h"

namespace varve {

Result<void> keep_wanted(FoundFiles& found, const ViewOptions& options) {
  if (!found.whole_directory) return ok();
  std::erase_if(found.names, [&](const std::string& name) {
    const auto txid = parse_image_name(name);
    return !txid || !options.wants(*txid);
  });
  if (!found.names.empty()) return ok();
  return fail(ErrorCode::kNotFound, fmt::format("{} holds no image with a txid from --from to --to", found.directory->path()));
}

Task<Result<kj::Own<ImageReader>>> open_image(Directory& directory, std::string name) {
  CO_ASSIGN_OR_RETURN(auto file, co_await directory.open(name, OpenMode{}));
  co_return co_await ImageReader::open(kj::mv(file));
}

}  // namespace varve
