#include "tools/image_view.h"

#include <algorithm>

#include "base/result.h"
#include "fsimage/image_names.h"

namespace varve {

void keep_wanted(FoundFiles& found, const ViewOptions& options) {
  if (!found.whole_directory) return;
  std::erase_if(found.names, [&](const std::string& name) {
    const auto txid = parse_image_name(name);
    return !txid || !options.wants(*txid);
  });
}

Task<Result<kj::Own<ImageReader>>> open_image(Directory& directory, std::string name) {
  CO_ASSIGN_OR_RETURN(auto file, co_await directory.open(name, OpenMode{}));
  co_return co_await ImageReader::open(kj::mv(file));
}

}  // namespace varve
