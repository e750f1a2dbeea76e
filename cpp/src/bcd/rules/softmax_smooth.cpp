#include "pauca/bcd/rules/softmax_smooth.hpp"

#include <algorithm>

namespace pauca::bcd::rules {

SoftmaxSmooth::SoftmaxSmooth(const Design& design, std::vector<Index> labels, Index n_classes, Vector weights,
                             double ridge)
    : design_(design),
      labels_(std::move(labels)),
      classes_(n_classes),
      weights_(std::move(weights)),
      ridge_(ridge),
      z_(design.rows(), n_classes),
      residual_(design.rows(), n_classes),
      direction_(Matrix::Zero(design.rows(), n_classes)) {
  const Index p = design.cols();
  lipschitz_.resize(p * n_classes);
  for (Index j = 0; j < p; ++j)
    lipschitz_.segment(j * n_classes, n_classes)
        .setConstant(0.25 * design.weighted_square(j, weights_.data()) + ridge_);
  reset(Vector::Zero(p * n_classes));
}

double SoftmaxSmooth::loss(const Matrix& z) const {
  const Vector top = z.rowwise().maxCoeff();
  const Vector mass = (z.colwise() - top).array().exp().rowwise().sum();
  double total = 0.0;
  for (Index i = 0; i < z.rows(); ++i) total += weights_[i] * (std::log(mass[i]) + top[i] - z(i, labels_[i]));
  return total;
}

void SoftmaxSmooth::reset(const Vector& x) {
  x_ = x;
  z_.setZero();
  for (Index i = 0; i < x.size(); ++i)
    if (x[i] != 0.0) design_.axpy(feature(i), x[i], z_.col(label(i)).data());
  value_ = loss(z_) + 0.5 * ridge_ * x_.squaredNorm();
  residual_fresh_ = gradient_fresh_ = false;
}

/// residual = s o (P - Y)
void SoftmaxSmooth::probabilities() {
  if (residual_fresh_) return;
  const Vector top = z_.rowwise().maxCoeff();
  residual_ = (z_.colwise() - top).array().exp();
  const Vector scale = weights_.cwiseQuotient(residual_.rowwise().sum());
  residual_.array().colwise() *= scale.array();
  for (Index i = 0; i < z_.rows(); ++i) residual_(i, labels_[i]) -= weights_[i];
  residual_fresh_ = true;
}

const Vector& SoftmaxSmooth::gradient() {
  if (gradient_fresh_) return gradient_;
  probabilities();
  Vector column(design_.cols());
  gradient_.resize(x_.size());
  for (Index c = 0; c < classes_; ++c) {
    design_.transpose_multiply(residual_.col(c).data(), column.data(), monitor());
    for (Index j = 0; j < column.size(); ++j) gradient_[j * classes_ + c] = column[j];
  }
  gradient_ += ridge_ * x_;
  gradient_fresh_ = true;
  return gradient_;
}

void SoftmaxSmooth::gradient(const Block& block, Vector& g) {
  g.resize(static_cast<Index>(block.size()));
  if (!gradient_fresh_) probabilities();
  for (std::size_t k = 0; k < block.size(); ++k) {
    const Index i = block[k];
    g[static_cast<Index>(k)] =
        gradient_fresh_ ? gradient_[i] : design_.dot(feature(i), residual_.col(label(i)).data()) + ridge_ * x_[i];
  }
}

void SoftmaxSmooth::aim(const Block& block, const Vector& d) {
  for (Index i : block_) direction_.col(label(i)).setZero();
  block_ = block;
  d_ = d;
  for (std::size_t k = 0; k < block.size(); ++k)
    if (d[static_cast<Index>(k)] != 0.0)
      design_.axpy(feature(block[k]), d[static_cast<Index>(k)], direction_.col(label(block[k])).data());
}

double SoftmaxSmooth::probe(double t) {
  trial_ = z_ + t * direction_;
  double square = x_.squaredNorm();
  for (std::size_t k = 0; k < block_.size(); ++k) {
    const double d = t * d_[static_cast<Index>(k)];
    square += d * (2.0 * x_[block_[k]] + d);
  }
  return loss(trial_) + 0.5 * ridge_ * square;
}

void SoftmaxSmooth::step(double t) {
  value_ = probe(t);
  z_.swap(trial_);
  for (std::size_t k = 0; k < block_.size(); ++k) x_[block_[k]] += t * d_[static_cast<Index>(k)];
  residual_fresh_ = gradient_fresh_ = false;
}

void SoftmaxSmooth::bound(const Block& a, const Block& b, Matrix& out) {
  Block rows, columns;
  std::vector<char> seen(classes_, 0);
  for (Index i : a) rows.push_back(feature(i)), seen[label(i)] = 1;
  for (Index i : b) columns.push_back(feature(i)), seen[label(i)] = 1;
  const auto touched = static_cast<Index>(std::count(seen.begin(), seen.end(), 1));
  const double share = 1.0 / static_cast<double>(touched < classes_ ? touched + 1 : classes_);
  out.resize(static_cast<Index>(a.size()), static_cast<Index>(b.size()));
  design_.weighted_gram(weights_.data(), rows, columns, out.data(), std::max<Index>(out.rows(), 1), monitor());
  for (std::size_t k = 0; k < b.size(); ++k)
    for (std::size_t i = 0; i < a.size(); ++i) {
      double& h = out(static_cast<Index>(i), static_cast<Index>(k));
      h *= 0.5 * ((label(a[i]) == label(b[k]) ? 1.0 : 0.0) - share);
      if (a[i] == b[k]) h += ridge_;
    }
}

void SoftmaxSmooth::bound_times(const Block& block, const Vector& d, Vector& out) {
  Matrix z = Matrix::Zero(design_.rows(), classes_);
  for (std::size_t k = 0; k < block.size(); ++k)
    if (d[static_cast<Index>(k)] != 0.0)
      design_.axpy(feature(block[k]), d[static_cast<Index>(k)], z.col(label(block[k])).data());
  const Vector mean = z.rowwise().mean();
  z.colwise() -= mean;
  z.array().colwise() *= 0.5 * weights_.array();
  Vector column(design_.cols());
  out.resize(x_.size());
  for (Index c = 0; c < classes_; ++c) {
    design_.transpose_multiply(z.col(c).data(), column.data(), monitor());
    for (Index j = 0; j < column.size(); ++j) out[j * classes_ + c] = column[j];
  }
  for (std::size_t k = 0; k < block.size(); ++k) out[block[k]] += ridge_ * d[static_cast<Index>(k)];
}

/// One Gram matrix for all classes: sum_d |1[c = d] - 1/k| = 2 (1 - 1/k).
Vector SoftmaxSmooth::bound_row_sums() {
  const Index p = design_.cols(), panel = std::max<Index>(1, std::min<Index>(p, 4'000'000 / std::max<Index>(p, 1)));
  const Block all = everything(p);
  const double share = 1.0 - 1.0 / static_cast<double>(classes_);
  Vector sums(x_.size());
  Matrix gram;
  for (Index start = 0; start < p; start += panel) {
    const Index count = std::min(panel, p - start);
    gram.resize(p, count);
    design_.weighted_gram(weights_.data(), all, Block(all.begin() + start, all.begin() + start + count), gram.data(), p,
                          monitor());
    for (Index k = 0; k < count; ++k)
      sums.segment((start + k) * classes_, classes_).setConstant(share * gram.col(k).lpNorm<1>() + ridge_);
  }
  return sums;
}

/// sum_i s_i x_ij x_il P_ic (1[c = d] - P_id)
void SoftmaxSmooth::hessian(const Block& block, Matrix& out) {
  probabilities();
  const auto size = static_cast<Index>(block.size());
  Matrix plain = Matrix::Zero(z_.rows(), size), weighted;
  for (Index k = 0; k < size; ++k) design_.axpy(feature(block[k]), 1.0, plain.col(k).data());
  Matrix p = residual_;
  for (Index i = 0; i < z_.rows(); ++i) p(i, labels_[i]) += weights_[i];  // s o P
  weighted = plain;
  for (Index k = 0; k < size; ++k) weighted.col(k).array() *= p.col(label(block[k])).array();
  const Vector inverse = (weights_.array() > 0.0).select(weights_.cwiseInverse(), 0.0);
  out = -weighted.transpose() * (weighted.array().colwise() * inverse.array()).matrix();
  for (Index k = 0; k < size; ++k)
    for (Index i = 0; i < size; ++i)
      if (label(block[i]) == label(block[k])) out(i, k) += plain.col(i).dot(weighted.col(k));
  out.diagonal().array() += ridge_;
}

/// The third central moment of v under P is at most range(v)^3 / (6 sqrt 3); range(v) <= ||v||, or sqrt 2 ||v|| if v
/// moves more than one class.
double SoftmaxSmooth::third_bound(const Block& block) {
  Matrix square = Matrix::Zero(z_.rows(), classes_);
  Vector column(z_.rows());
  std::vector<char> seen(classes_, 0);
  for (Index i : block) {
    column.setZero();
    design_.axpy(feature(i), 1.0, column.data());
    square.col(label(i)).array() += column.array().square();
    seen[label(i)] = 1;
  }
  const double range = std::count(seen.begin(), seen.end(), 1) > 1 ? 2.0 * std::sqrt(2.0) : 1.0;
  const Eigen::ArrayXd worst = square.rowwise().maxCoeff().array();
  return range / (6.0 * std::sqrt(3.0)) * (weights_.array() * worst * worst.sqrt()).sum();
}

}  // namespace pauca::bcd::rules
