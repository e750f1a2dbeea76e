#pragma once

#include <algorithm>
#include <vector>

#include "pauca/core/monitor.hpp"
#include "pauca/core/types.hpp"

namespace pauca {

// Independent accumulators: the compiler vectorises the inner loop without reordering anything behind our back.
constexpr int dot_lanes = 16;

/// sum_{i < n} get(i) u_i, where get(i) is entry i of a column.
template <class Get>
double column_dot(const Get& get, const double* u, Index n) {
  double acc[dot_lanes] = {};
  Index i = 0;
  for (; i + dot_lanes <= n; i += dot_lanes)
    for (int k = 0; k < dot_lanes; ++k) acc[k] += get(i + k) * u[i + k];
  double total = 0.0;
  for (; i < n; ++i) total += get(i) * u[i];
  for (int k = 0; k < dot_lanes; ++k) total += acc[k];
  return total;
}

/// sum_{i < n} h_i get(i)^2; h null means one.
template <class Get>
double column_square(const Get& get, const double* h, Index n) {
  double acc[dot_lanes] = {};
  Index i = 0;
  for (; i + dot_lanes <= n; i += dot_lanes)
    for (int k = 0; k < dot_lanes; ++k) {
      const double v = get(i + k);
      acc[k] += (h ? h[i + k] : 1.0) * v * v;
    }
  double total = 0.0;
  for (; i < n; ++i) total += (h ? h[i] : 1.0) * get(i) * get(i);
  for (int k = 0; k < dot_lanes; ++k) total += acc[k];
  return total;
}

/// Mean and variance of a column under weights s that sum to one, in two passes.
template <class Get>
void two_pass_moments(const Get& get, const double* s, Index n, double& mean, double& variance) {
  mean = column_dot(get, s, n);
  double squares[dot_lanes] = {}, rests[dot_lanes] = {};
  Index i = 0;
  for (; i + dot_lanes <= n; i += dot_lanes)
    for (int k = 0; k < dot_lanes; ++k) {
      const double d = get(i + k) - mean, weighted = s[i + k] * d;
      squares[k] += weighted * d;
      rests[k] += weighted;
    }
  double square = 0.0, rest = 0.0;
  for (; i < n; ++i) {
    const double d = get(i) - mean;
    square += s[i] * d * d;
    rest += s[i] * d;
  }
  for (int k = 0; k < dot_lanes; ++k) {
    square += squares[k];
    rest += rests[k];
  }
  mean += rest;  // what the first pass lost to rounding
  variance = square - rest * rest;
}

constexpr Index column_panel = 96;  // columns converted at a time for a product

/// out(a, b) = sum_i h_i x_{i,A[a]} x_{i,B[b]} of a dense design whose entries decode(j, start, len, to) writes as
/// doubles: panels of rows by columns are converted and multiplied as matrices.
template <class Decode>
void panel_gram(Index rows, const double* h, const std::vector<Index>& a, const std::vector<Index>& b, double* out,
                Index ld, Monitor& monitor, const Decode& decode) {
  constexpr Index row_block = 256, left_panel = 2048;
  const Index na = static_cast<Index>(a.size()), nb = static_cast<Index>(b.size());
  Eigen::Map<Matrix, 0, Eigen::OuterStride<>> target(out, na, nb, Eigen::OuterStride<>(ld));
  target.setZero();
  const bool symmetric = a == b;  // then the upper triangle is enough
  const Index rb = std::min(row_block, rows);
  Matrix left(rb, std::min(left_panel, na)), right(rb, std::min(column_panel, nb));
  auto gather = [&](Matrix& to, const std::vector<Index>& cols, Index first, Index count, Index start, Index len,
                    const double* weight) {
    for (Index k = 0; k < count; ++k) {
      double* t = to.data() + k * rb;
      decode(cols[static_cast<std::size_t>(first + k)], start, len, t);
      if (weight)
        for (Index i = 0; i < len; ++i) t[i] *= weight[start + i];
    }
  };
  for (Index start = 0; start < rows; start += rb) {
    const Index len = std::min(rb, rows - start);
    for (Index ja = 0; ja < na; ja += left_panel) {
      const Index ca = std::min(left_panel, na - ja);
      gather(left, a, ja, ca, start, len, nullptr);
      for (Index jb = symmetric ? ja : 0; jb < nb; jb += column_panel) {
        const Index cb = std::min(column_panel, nb - jb);
        if (!monitor.keep_going()) return;
        const Index needed = symmetric ? std::min(ca, jb + cb - ja) : ca;
        gather(right, b, jb, cb, start, len, h);
        target.block(ja, jb, needed, cb).noalias() +=
            left.topLeftCorner(len, needed).transpose() * right.topLeftCorner(len, cb);
      }
    }
  }
  if (symmetric) target.template triangularView<Eigen::StrictlyLower>() = target.transpose();
}

}  // namespace pauca
