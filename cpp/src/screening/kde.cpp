#include "pauca/screening/kde.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>

namespace pauca::screening {

namespace {

constexpr float unit = 1.0F;
constexpr int lane = 8;  // rows are padded to whole fragments, and handled by fragments
using Fragment = Eigen::Array<float, lane, 1>;
using FragmentMap = Eigen::Map<Fragment>;
using ConstFragmentMap = Eigen::Map<const Fragment>;

int padded(int size) { return (size + lane - 1) / lane * lane; }

/// p log p with 0 log 0 = 0
template <class Array>
auto p_log_p(const Array& p) {
  return p * (p + 1e-30F).log();
}

}  // namespace

GridAxis make_axis(const Options& options, const double* v, Index n, bool beside_discrete, std::vector<double>& work) {
  GridAxis axis;
  const Moments m = moments(v, n);
  if (!(m.sd > 0.0) || n < 2) return axis;
  axis.constant = false;
  double center = m.mean;
  const bool robust = options.bandwidth != Bandwidth::scott;
  const double sigma = robust ? robust_scale(v, n, m.sd, center, work) : m.sd;
  const auto [smallest, largest] = std::minmax_element(v, v + n);
  const double low = std::max(*smallest, center - 6.0 * sigma), high = std::min(*largest, center + 6.0 * sigma);
  const double count = static_cast<double>(n);
  double h = 0.0;
  if (options.bandwidth == Bandwidth::isj) {
    h = improved_sheather_jones(v, n, low, high);
    if (!beside_discrete) h *= std::pow(count, 1.0 / 30.0) / 1.06;  // the rate of two dimensions
  } else if (beside_discrete) {
    h = (robust ? 0.9 : 1.06) * sigma * std::pow(count, -0.2);
  } else {
    h = sigma * std::pow(count, -1.0 / 6.0);
  }
  const double half = 2.2138 * h * options.bandwidth_factor;
  const int cells = options.grid;
  const double coarse = (high - low + 2.0 * half) / (cells - 1);
  axis.radius = std::min(static_cast<int>(std::ceil(half / coarse)), (cells - 3) / 2);
  const double step = (high - low) / (cells - 1 - 2 * axis.radius);
  axis.cells_per_unit = 1.0 / step;
  axis.origin = low - axis.radius * step;
  axis.last = cells - 1 - axis.radius;
  axis.kernel.resize(static_cast<std::size_t>(2 * axis.radius + 1));
  float total = 0.0F;
  for (int k = -axis.radius; k <= axis.radius; ++k) {
    const double u = k * step / half;
    total += axis.kernel[k + axis.radius] = static_cast<float>(std::max(k == 0 ? 1.0 : 1.0 - u * u, 0.0));
  }
  for (float& w : axis.kernel) w /= total;
  return axis;
}

double improved_sheather_jones(const double* v, Index n, double low, double high) {
  constexpr int cells = 128;
  const double range = 1.2 * (high - low), start = low - 0.1 * (high - low), count = static_cast<double>(n);
  std::array<double, cells> histogram{};
  for (Index i = 0; i < n; ++i) {
    const double t = (std::clamp(v[i], low, high) - start) / range * cells;
    histogram[std::min(static_cast<int>(t), cells - 1)] += 1.0 / count;
  }
  // Squared cosine coefficients of the histogram; angles step by recurrence, so no table of cosines is kept.
  std::array<double, cells> square{};
  for (int k = 1; k < cells; ++k) {
    const double step = std::numbers::pi * k / cells, turn = 2.0 * std::cos(step);
    double now = std::cos(0.5 * step), before = std::cos(-0.5 * step), sum = 0.0;
    for (int c = 0; c < cells; ++c) {
      sum += histogram[c] * now;
      const double next = turn * now - before;
      before = now;
      now = next;
    }
    square[k] = sum * sum;
  }
  const double pi2 = std::numbers::pi * std::numbers::pi;
  auto roughness = [&](int s, double t) {  // squared L2 norm of the s-th derivative after smoothing by t
    const double shrink = std::exp(-2.0 * pi2 * t);
    double decay = std::exp(-pi2 * t), ratio = decay * shrink, sum = 0.0;  // exp(-k^2 pi^2 t) by recurrence
    for (int k = 1; k < cells && decay > 1e-18; ++k) {
      double power = 1.0;
      for (int q = 0; q < s; ++q) power *= pi2 * k * k;
      sum += power * square[k] * decay;
      decay *= ratio;
      ratio *= shrink;
    }
    return 2.0 * sum;
  };
  auto excess = [&](double t) {  // t - xi gamma(t)
    double f = roughness(7, t);
    for (int s = 6; s >= 2; --s) {
      double odd = 1.0;
      for (int k = 3; k <= 2 * s - 1; k += 2) odd *= k;
      const double factor = (1.0 + std::pow(0.5, s + 0.5)) / 3.0;
      f = roughness(
          s, std::pow(2.0 * factor * odd / (count * std::sqrt(std::numbers::pi / 2.0) * f), 2.0 / (3.0 + 2.0 * s)));
    }
    return t - std::pow(2.0 * count * std::sqrt(std::numbers::pi) * f, -0.4);
  };
  // The smallest root: the first sign change on a geometric scale, then bisection.
  double below = 1e-7;
  for (double above = 2e-7; above <= 0.11; above *= 1.6) {
    if (excess(above) > 0.0) {
      for (int step = 0; step < 16; ++step) {
        const double middle = std::sqrt(below * above);
        (excess(middle) > 0.0 ? above : below) = middle;
      }
      return std::sqrt(above) * range;
    }
    below = above;
  }
  return 0.28 * std::pow(count, -0.2) * range;  // no root: near enough to a flat density
}

KernelInformation::KernelInformation(const Options& options, const Sample& y)
    : options_(options), n_(y.n), levels_(y.levels) {
  if (y.discrete()) {
    code_.assign(y.code, y.code + y.n);
    Rows& r = beside_continuous_;
    r.constant = levels_ < 2;
    r.width = 1;
    r.stride = padded(levels_);
    r.start = code_;
    r.weight.assign(static_cast<std::size_t>(n_), 1.0F / static_cast<float>(n_));
    r.resolution = resolution(r, n_);
  } else {
    beside_continuous_ = smooth(y.value, false);
    beside_discrete_ = smooth(y.value, true);
  }
}

KernelInformation::Rows KernelInformation::smooth(const double* v, bool beside_discrete) const {
  Rows r;
  std::vector<double> work;
  const GridAxis axis = make_axis(options_, v, n_, beside_discrete, work);
  if (axis.constant) return r;
  r.constant = false;
  const int support = 2 * axis.radius + 2;
  r.width = padded(support);
  r.stride = padded(options_.grid + r.width - support);
  r.start.resize(static_cast<std::size_t>(n_));
  r.weight.assign(static_cast<std::size_t>(n_ * r.width), 0.0F);
  for (Index i = 0; i < n_; ++i) {
    float share;
    const int cell = axis.locate(v[i], share);
    r.start[i] = cell - axis.radius;
    float* w = r.weight.data() + i * r.width;
    for (int k = 0; k < support - 1; ++k) {
      const float mass = axis.kernel[k] / static_cast<float>(n_);
      w[k] += (1.0F - share) * mass;
      w[k + 1] += share * mass;
    }
  }
  r.resolution = resolution(r, n_);
  return r;
}

double KernelInformation::resolution(const Rows& rows, Index n) {
  Eigen::ArrayXd first = Eigen::ArrayXd::Zero(rows.stride + lane), second = first;
  for (Index i = 0; i < n; ++i)
    for (int k = 0; k < rows.width; ++k) {
      const double w = rows.weight[i * rows.width + k];
      first[rows.start[i] + k] += w;
      second[rows.start[i] + k] += w * w;
    }
  // weights carry 1/n: n sum w^2 / sum w = E[K^2] / E[K]
  return static_cast<double>(n) * (first > 0.0).select(second / first.max(1e-300), 0.0).sum();
}

double KernelInformation::kernel_resolution(const GridAxis& axis, int cells, const Sample& x, Scratch& scratch) {
  // A value with share f of the next cell has weights (1 - f) k_u + f k_{u-1}: their squares need three histograms.
  scratch.b.assign(static_cast<std::size_t>(4 * (cells + 1)), 0.0);
  double* bin = scratch.b.data();
  for (Index i = 0; i < x.n; ++i) {
    float share;
    double* at = bin + 4 * axis.locate(x.value[i], share);
    const double f = share;
    at[0] += 1.0 - f;
    at[1] += (1.0 - f) * (1.0 - f);
    at[2] += 2.0 * f * (1.0 - f);
    at[3] += f * f;
    at[4] += f;
  }
  double sum = 0.0;
  for (int u = 0; u < cells; ++u) {
    double one = 0.0, two = 0.0;
    for (int c = std::max(0, u - axis.radius - 1); c <= std::min(cells - 1, u + axis.radius); ++c) {
      const int k = u - c + axis.radius;
      const double here = k <= 2 * axis.radius ? axis.kernel[k] : 0.0, before = k > 0 ? axis.kernel[k - 1] : 0.0;
      const double* at = bin + 4 * c;
      one += here * at[0];
      two += here * here * at[1] + here * before * at[2] + before * before * at[3];
    }
    if (one > 0.0) sum += two / one;
  }
  return sum;
}

double KernelInformation::score(const Sample& x, Scratch& scratch) const {
  if (x.discrete() && levels_ > 0)
    return table_information(x.code, x.levels, code_.data(), levels_, n_, options_, scratch);
  const Rows& y = x.discrete() ? beside_discrete_ : beside_continuous_;
  if (y.constant) return 0.0;
  GridAxis axis;
  int cells = x.levels;
  if (!x.discrete()) {
    axis = make_axis(options_, x.value, n_, levels_ > 0, scratch.a);
    if (axis.constant) return 0.0;
    cells = options_.grid;
  } else if (x.levels < 2) {
    return 0.0;
  }

  // Joint histogram along x, already smoothed along y.
  auto& grid = scratch.grid;
  const int stride = y.stride;
  grid.assign(static_cast<std::size_t>(cells * stride + lane), 0.0F);
  if (x.discrete()) {
    for (Index i = 0; i < n_; ++i)
      for (int v = 0; v < y.width; v += lane)
        FragmentMap(grid.data() + x.code[i] * stride + y.start[i] + v) +=
            ConstFragmentMap(y.weight.data() + i * y.width + v);
  } else if (y.width == 1) {
    for (Index i = 0; i < n_; ++i) {
      float share;
      float* at = grid.data() + axis.locate(x.value[i], share) * stride + y.start[i];
      at[0] += (1.0F - share) * y.weight[i];
      at[stride] += share * y.weight[i];
    }
  } else {
    for (Index i = 0; i < n_; ++i) {
      float share;
      float* at = grid.data() + axis.locate(x.value[i], share) * stride + y.start[i];
      const float* w = y.weight.data() + i * y.width;
      for (int v = 0; v < y.width; v += lane) {
        const Fragment mass = ConstFragmentMap(w + v), moved = share * mass;
        FragmentMap(at + v) += mass - moved;
        FragmentMap(at + stride + v) += moved;
      }
    }
  }

  // Convolution along x, one fragment of the estimate at a time, each turned into entropies at once.
  scratch.row.assign(static_cast<std::size_t>(stride), 0.0F);
  double joint = 0.0, marginal_x = 0.0, marginal_y = 0.0;
  const float* kernel = x.discrete() ? &unit : axis.kernel.data() + axis.radius;
  for (int u = 0; u < cells; ++u) {
    const int first = std::max(-axis.radius, -u), last = std::min(axis.radius, cells - 1 - u);
    Fragment mass = Fragment::Zero(), entropy = Fragment::Zero();
    for (int v = 0; v < stride; v += lane) {
      Fragment p = Fragment::Zero();
      const float* source = grid.data() + (u + first) * stride + v;
      for (int k = first; k <= last; ++k, source += stride) p += kernel[k] * ConstFragmentMap(source);
      mass += p;
      entropy += p_log_p(p);
      FragmentMap(scratch.row.data() + v) += p;
    }
    const double p = mass.sum();
    if (p > 0.0) marginal_x += p * std::log(p);
    joint += entropy.sum();
  }
  for (int v = 0; v < stride; v += lane) marginal_y += p_log_p(Fragment(ConstFragmentMap(&scratch.row[v]))).sum();
  const double information = joint - marginal_x - marginal_y;
  if (!options_.bias_correction) return finish(information, 0.0, 0.0, 0.0, options_);

  double resolution_x = static_cast<double>(x.levels);
  if (!x.discrete()) resolution_x = kernel_resolution(axis, cells, x, scratch);
  const double bias = (resolution_x - 1.0) * (y.resolution - 1.0) / (2.0 * static_cast<double>(n_));
  return finish(information, bias, 0.0, 0.0, options_);
}

}  // namespace pauca::screening
