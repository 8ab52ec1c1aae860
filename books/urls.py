from django.urls import path

from books import pages, views

urlpatterns = [
    path("books/", views.BookListView.as_view(), name="books"),
    path("books/<id:book_id>/", views.BookView.as_view(), name="book"),
    path("books/<id:book_id>/image/", views.BookImageView.as_view(), name="book_image"),
]

page_urlpatterns = [
    path("books/", pages.book_list, name="books"),
]
