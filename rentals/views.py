"""Rentals, balances and payments."""

from rest_framework import status
from rest_framework.exceptions import NotFound
from rest_framework.generics import get_object_or_404
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.authentication import current_user
from accounts.models import User
from common.api.schema import documented, page_of
from common.api.serializers import ListParameters
from common.api.views import ApiView
from common.pagination import Keyset
from rentals import serializers, services
from rentals.balance import balance_of
from rentals.models import Payment, Rental, RentalQuerySet


class RentalView(ApiView):
    """What the views of rentals share."""

    def rentals(self) -> RentalQuerySet:
        """All rentals, with their charge now in the tariff of the version that was called."""
        return Rental.objects.with_charge(str(self.request.version), at=self.at)

    def answer(self, rental: Rental, status_code: int = status.HTTP_200_OK) -> Response:
        """A rental as it stands in the database, its charge included."""
        return Response(serializers.RentalSerializer(self.rentals().get(pk=rental.pk)).data, status_code)


class RentalListView(RentalView):
    keyset = Keyset(Rental, "-ref")

    @documented(
        summary="Rentals, newest first",
        query=serializers.RentalParameters,
        answers={200: page_of(serializers.RentalSerializer)},
        errors=(400, 401),
        description="Staff see all, others their own.",
    )
    def get(self, request: Request, version: str) -> Response:
        parameters = self.list_parameters(serializers.RentalParameters)
        wanted, rentals = parameters.filters(), self.rentals().visible_to(current_user(request))
        if "user" in wanted:
            rentals = rentals.filter(user=wanted["user"])
        if "book" in wanted:
            rentals = rentals.filter(book=wanted["book"])
        if "status" in wanted:
            rentals = rentals.open() if wanted["status"] == Rental.Status.RENTED else rentals.returned()
        if "overdue" in wanted:
            rentals = rentals.overdue(at=self.at) if wanted["overdue"] else rentals.not_overdue(at=self.at)
        return self.page(rentals, parameters, serializers.RentalSerializer)

    @documented(
        summary="Rent a book",
        body=serializers.RentalInput,
        answers={201: serializers.RentalSerializer},
        errors=(400, 401, 403, 409),
        description="For oneself; staff for anyone. 409: no copy is left, or the user holds one already. "
        "Also at `/api/v3/book_rentals/create`.",
    )
    def post(self, request: Request, version: str) -> Response:
        data = self.valid(serializers.RentalInput).validated_data
        rental = services.rental_create(user=data["user"], book=data["book"], at=self.at)
        return self.answer(rental, status.HTTP_201_CREATED)


class RentalDetailView(RentalView):
    @documented(summary="A rental", answers={200: serializers.RentalSerializer}, errors=(401, 404))
    def get(self, request: Request, version: str, ref: int) -> Response:
        rental = get_object_or_404(self.rentals().visible_to(current_user(request)), pk=ref)
        return Response(serializers.RentalSerializer(rental).data)


class RentalReturnView(RentalView):
    required_permissions = {"POST": "rentals.change_rental"}

    @documented(
        summary="Return a book",
        answers={200: serializers.RentalSerializer},
        errors=(401, 403, 404, 409),
        description="For staff of the library. Stops the clock; a second time is 409.",
    )
    def post(self, request: Request, version: str, ref: int) -> Response:
        rental = get_object_or_404(Rental.objects.all(), pk=ref)
        return self.answer(services.rental_return(rental=rental, at=self.at))


class UserRentalListView(RentalView):
    keyset = Keyset(Rental, "-ref")

    @documented(
        summary="A user's rentals, newest first",
        query=ListParameters,
        answers={200: page_of(serializers.RentalSerializer)},
        errors=(400, 401, 404),
        description="For that user, and staff.",
    )
    def get(self, request: Request, version: str, user_id: int) -> Response:
        users = User.objects.visible_to(current_user(request), "rentals.view_rental")
        user = get_object_or_404(users.only("pk"), pk=user_id)
        rentals = self.rentals().filter(user=user)
        return self.page(rentals, self.list_parameters(), serializers.RentalSerializer)


class BalanceView(ApiView):
    @documented(
        summary="A user's balance",
        answers={200: serializers.BalanceSerializer},
        errors=(401, 404),
        description="For that user, and staff.",
    )
    def get(self, request: Request, version: str, user_id: int) -> Response:
        users = User.objects.visible_to(current_user(request), "rentals.view_rental").filter(pk=user_id)
        try:
            balance = balance_of(users, version=version, at=self.at)
        except User.DoesNotExist as error:
            raise NotFound from error
        return Response(serializers.BalanceSerializer(balance).data)


class PaymentListView(ApiView):
    keyset = Keyset(Payment, "-id")
    required_permissions = {"POST": "rentals.add_payment"}

    @documented(
        summary="Payments, newest first",
        query=ListParameters,
        answers={200: page_of(serializers.PaymentSerializer)},
        errors=(400, 401),
        description="Staff see all, others their own.",
    )
    def get(self, request: Request, version: str) -> Response:
        payments = Payment.objects.visible_to(current_user(request))
        return self.page(payments, self.list_parameters(), serializers.PaymentSerializer)

    @documented(
        summary="Record a payment",
        body=serializers.PaymentInput,
        answers={201: serializers.PaymentSerializer},
        errors=(400, 401, 403),
    )
    def post(self, request: Request, version: str) -> Response:
        data = self.valid(serializers.PaymentInput).validated_data
        payment = services.payment_record(**data, by=current_user(request), at=self.at)
        return Response(serializers.PaymentSerializer(payment).data, status.HTTP_201_CREATED)


class PaymentView(ApiView):
    @documented(summary="A payment", answers={200: serializers.PaymentSerializer}, errors=(401, 404))
    def get(self, request: Request, version: str, payment_id: int) -> Response:
        payment = get_object_or_404(Payment.objects.visible_to(current_user(request)), pk=payment_id)
        return Response(serializers.PaymentSerializer(payment).data)


class PaymentVoidView(ApiView):
    required_permissions = {"POST": "rentals.change_payment"}

    @documented(
        summary="Void a payment",
        body=serializers.VoidInput,
        answers={200: serializers.PaymentSerializer},
        errors=(400, 401, 403, 404, 409),
        description="It counts no more; a second time is 409.",
    )
    def post(self, request: Request, version: str, payment_id: int) -> Response:
        payment = get_object_or_404(Payment.objects.all(), pk=payment_id)
        reason = self.valid(serializers.VoidInput).validated_data["note"]
        payment = services.payment_void(payment=payment, reason=reason, by=current_user(request), at=self.at)
        return Response(serializers.PaymentSerializer(payment).data)
