#include "fsimage/image_verifier.h"

#include <utility>

namespace varve {

Task<Result<void>> verify_image(ImageReader& image, Workers& workers, GiveWay give_way) {
  ImageScan scan(image, workers, std::move(give_way));
  for (const SectionEntry& section : image.toc().sections) scan.add(section, nullptr);
  co_return co_await scan.run();
}

}  // namespace varve
