#include "fsimage/image_verifier.h"

#include "fsimage/image_scan.h"

namespace varve {

Task<Result<void>> verify_image(ImageReader& image, Workers& workers) {
  ImageScan scan(image, workers);
  for (const SectionEntry& section : image.toc().sections) scan.add(section, nullptr);
  co_return co_await scan.run();
}

}  // namespace varve
