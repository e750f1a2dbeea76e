#include "pauca/screening/criterion.hpp"

#include <algorithm>
#include <cmath>

#include "pauca/screening/binning.hpp"
#include "pauca/screening/correlation.hpp"
#include "pauca/screening/distance.hpp"
#include "pauca/screening/kde.hpp"
#include "pauca/screening/nearest.hpp"

namespace pauca::screening {

std::unique_ptr<Criterion> make_criterion(const Options& options, const Sample& y) {
  switch (options.method) {
    case Method::kde:
      return std::make_unique<KernelInformation>(options, y);
    case Method::binning:
      return std::make_unique<BinnedInformation>(options, y);
    case Method::nearest:
      return std::make_unique<NearestInformation>(options, y);
    case Method::correlation:
      return std::make_unique<Correlation>(y);
    case Method::distance:
      return std::make_unique<DistanceCorrelation>(options, y);
  }
  return nullptr;
}

double finish(double information, double bias, double entropy_x, double entropy_y, const Options& options) {
  if (options.bias_correction) information -= bias;
  information = std::max(information, 0.0);
  switch (options.normalize) {
    case Normalize::none:
      return information;
    case Normalize::linfoot:
      return std::sqrt(-std::expm1(-2.0 * information));
    case Normalize::entropy: {
      const double h = std::sqrt(entropy_x * entropy_y);
      return h > 0.0 ? std::min(information / h, 1.0) : 0.0;
    }
  }
  return information;
}

double table_information(const int* code_x, int levels_x, const int* code_y, int levels_y, Index n,
                         const Options& options, Scratch& scratch) {
  auto& table = scratch.counts;
  table.assign(static_cast<std::size_t>(levels_x) * levels_y + levels_x + levels_y, 0);
  int* row = table.data() + static_cast<std::size_t>(levels_x) * levels_y;
  int* column = row + levels_x;
  for (Index i = 0; i < n; ++i) {
    ++table[static_cast<std::size_t>(code_x[i]) * levels_y + code_y[i]];
    ++row[code_x[i]];
    ++column[code_y[i]];
  }
  const double total = static_cast<double>(n);
  int rows = 0, columns = 0;
  auto entropy = [total](const int* count, std::size_t size, int* used) {
    double h = 0.0;
    for (std::size_t k = 0; k < size; ++k) {
      if (count[k] == 0) continue;
      const double p = count[k] / total;
      h -= p * std::log(p);
      if (used) ++*used;
    }
    return h;
  };
  const double hx = entropy(row, levels_x, &rows), hy = entropy(column, levels_y, &columns);
  const double hxy = entropy(table.data(), static_cast<std::size_t>(levels_x) * levels_y, nullptr);
  return finish(hx + hy - hxy, (rows - 1.0) * (columns - 1.0) / (2.0 * total), hx, hy, options);
}

}  // namespace pauca::screening
